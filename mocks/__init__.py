"""The other end of the wire: mock channels that verify strictly, sign really and keep books, for tests and partners.

A mock is one pure ``handle(request) -> reply`` behind several doors (``mocks.doors``, ``python -m mocks``). It is a second
witness: written from the channels' pages, it shares the codec with the SDK and nothing else.
"""
