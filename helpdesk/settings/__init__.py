"""Settings of ``make up`` (``development``), ``make test`` (``test``) and ``production``, on one ``base``."""
