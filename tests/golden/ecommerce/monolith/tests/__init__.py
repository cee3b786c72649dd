"""The tests: black-box over HTTP, against the whole system in this process, without a
server.
"""
