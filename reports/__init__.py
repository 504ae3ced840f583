"""Report engine: a client of the gateway. (Not built yet.)"""
