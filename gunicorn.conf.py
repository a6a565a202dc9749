"""How gunicorn serves the site in production: ``gunicorn cms.wsgi``. Read by gunicorn itself from this directory.

The number of workers comes from WEB_CONCURRENCY and the address from PORT, as is usual; anything else can be given
on the command line or in GUNICORN_CMD_ARGS.
"""

from cms.logs import logging_to_console

worker_class = "gthread"
threads = 4
timeout = 30
max_requests = 2000
max_requests_jitter = 200
accesslog = "-"
#: No client address, no query string, no referrer, no cookie: method, path, status, bytes and seconds.
access_log_format = "%(m)s %(U)s %(s)s %(B)s %(L)s"
logconfig_dict = logging_to_console("JsonFormatter") | {
    "loggers": {
        "gunicorn.error": {"handlers": [], "propagate": True},
        "gunicorn.access": {"handlers": [], "propagate": True},
    }
}
control_socket_disable = True  # nobody steers it while it runs
