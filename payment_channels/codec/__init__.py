"""The toolbox of the wires: keys, signatures, sealed boxes, certificates and amounts, pinned by published vectors.

It knows no channel and no word of the domain, so that the mock servers may borrow it too.
"""
