"""What `serve.py` measures with: the servers on their stage, wrk, and one module for
each kind of load that is not a read.
"""
