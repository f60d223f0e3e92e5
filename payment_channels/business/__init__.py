"""The business layer: routing, funding, reconciliation and reports. It changes every week and promises no stability.

It uses the front door and the journal, never a channel; what operations decide is data, versioned, with who changed what.
"""
