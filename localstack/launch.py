"""Starts the pinned local engine with five repairs, on a faster server, and holds functions to their policies.

Stock, a warm invocation of a native function costs 60 to 100 ms that no program of ours spends: the engine
waits a fixed time for log lines that may never come, and its Runtime API answers in two small packets that
Nagle's algorithm holds back. Here both waits go, and no log line goes with them: a function writes its lines
into the pipe before it posts its answer, so when the answer is there and the pipe is empty, the log is whole.

And an engine that is started again on what it knew keeps how far each stream was read, but not the stream: every consumer
then waits until as much has been written as before. Here it begins at the start of the new one.

And one that is started again on another port keeps its queues under their old addresses, while those who consume them
look under the new one: messages are taken and never worked on. Here a queue that exists has the address that it was given.

And a template whose alarms look at several metrics at once is refused. Here such an alarm is kept with the first of them: nobody
on this machine is told by alarms, but the same template has to be deployable.

And half of all that the engine computes under load is reading and writing HTTP, byte by byte in Python. It is an ASGI
application like any other, so here uvicorn serves it, with parser and event loop in C.

And no function may do here what its policies do not allow on AWS: see permissions.py.

The repairs reach into the engine's internals, so they are bound to the version pinned in requirements.txt:
with another one this program stops and says so.
"""

import array
import asyncio
import fcntl
import os
import queue
import select
import socketserver
import sys
import termios
import threading
import time
from importlib.metadata import version

import permissions

PINNED = "1.5.33"
LOG_WAIT_MAX_S = 0.25  # the engine's own ceiling for a function that never stops writing


def unread_bytes(descriptor):
    """How many bytes wait in a pipe; 0 for one that is closed."""
    waiting = array.array("i", [0])
    try:
        fcntl.ioctl(descriptor, termios.FIONREAD, waiting)
    except (OSError, ValueError):
        return 0
    return waiting[0]


def pump_output(worker, stream, lines):
    """Moves a function's output from its pipe into `lines`, for as long as the process lives.

    Reading and queueing happen under one lock, so whoever holds the lock and sees an empty pipe knows that
    every byte written so far has become a line in the queue.
    """
    rest = b""
    ready = select.poll()  # select() refuses descriptors above 1023, and a burst of functions gets there
    ready.register(stream, select.POLLIN | select.POLLHUP)
    try:
        while True:
            ready.poll()
            with worker.output_lock:
                chunk = os.read(stream.fileno(), 65536)
                *whole, rest = (rest + chunk).split(b"\n")
                if not chunk and rest:
                    whole.append(rest)
                for line in whole:
                    put_dropping_oldest(lines, line.decode("utf-8", errors="replace").rstrip("\r"))
            if not chunk:
                return
    except (OSError, ValueError):
        return  # the pipe was closed under us: the worker is being torn down
    finally:
        stream.close()


def put_dropping_oldest(lines, line):
    """Queues without ever blocking: a full pipe would stop the function itself."""
    while True:
        try:
            lines.put_nowait(line)
            return
        except queue.Full:
            try:
                lines.get_nowait()
            except queue.Empty:
                pass


def drain_output(worker, *_ignored, **_also_ignored):
    """Every line the function wrote before it answered, without waiting for lines that do not exist."""
    deadline = time.monotonic() + LOG_WAIT_MAX_S
    lines = []
    while True:
        process = worker._proc
        with worker.output_lock:
            whole = process is None or process.stdout.closed or unread_bytes(process.stdout.fileno()) == 0
            while True:
                try:
                    lines.append(worker._stderr_queue.get_nowait())
                except queue.Empty:
                    break
        if whole or time.monotonic() >= deadline:
            return "\n".join(lines)
        time.sleep(0.0002)


def restore_to_the_start_of_streams(lambda_svc):
    """Makes restored consumers of table streams read from the start: nothing of a stream outlives the engine."""
    stock_restore = lambda_svc._restore_state

    def restore(data):
        stock_restore(data)
        positions = lambda_svc._dynamodb_stream_positions._data  # of every account and region
        for consumer in positions:
            positions[consumer] = 0

    lambda_svc._restore_state = restore


def find_queues_where_they_are(sqs):
    """Makes consumers look for a queue under the address that it has, which holds the port of the engine that made it."""
    stock_address = sqs._queue_url

    def address(name):
        return sqs._queue_name_to_url.get(name) or stock_address(name)

    sqs._queue_url = address


def keep_alarms_over_several_metrics(provisioners):
    """Makes CloudFormation keep an alarm over several metrics as one over the first of them, where it would refuse it."""
    stock_record = provisioners._cw_metric_alarm_record

    def record(name, properties):
        looked_at = [metric["MetricStat"] for metric in properties.get("Metrics") or [] if "MetricStat" in metric]
        if not looked_at:
            return stock_record(name, properties)
        first = {"Statistic": looked_at[0]["Stat"], "Period": looked_at[0]["Period"], **looked_at[0]["Metric"]}
        return stock_record(name, {**properties, **first, "Metrics": None})

    provisioners._cw_metric_alarm_record = record


async def serve_with_uvicorn(app, config):
    """Serves as the engine's own server would, until the process is told to end."""
    import uvicorn

    host, port = config.bind[0].rsplit(":", 1)
    settings = uvicorn.Config(
        permissions.answering(app), host=host, port=int(port), http="httptools", ws="wsproto", loop="none", lifespan="on",
        timeout_keep_alive=int(config.keep_alive_timeout), timeout_graceful_shutdown=int(config.graceful_timeout),
        backlog=config.backlog, ws_ping_interval=None, access_log=False, log_config=None,
        # The application sets both by itself, where AWS does.
        server_header=False, date_header=False)
    await uvicorn.Server(settings).serve()


def repair():
    """Applies the repairs, or ends the program when the engine is not the one they were written for."""
    installed = version("ministack")
    if installed != PINNED:
        sys.exit(f"launch.py repairs engine {PINNED}, but {installed} is installed: "
                 "read what the repairs touch, try them, and change PINNED.")
    from ministack.core.lambda_runtime import ProvidedWorker

    stock_init = ProvidedWorker.__init__

    def init_with_lock(worker, *arguments, **named):
        stock_init(worker, *arguments, **named)
        worker.output_lock = threading.Lock()

    ProvidedWorker.__init__ = init_with_lock
    ProvidedWorker._pump_output = pump_output
    ProvidedWorker._drain_stderr_bounded = drain_output
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True

    from ministack.services import lambda_svc, sqs
    from ministack.services.cloudformation import provisioners

    restore_to_the_start_of_streams(lambda_svc)
    find_queues_where_they_are(sqs)
    keep_alarms_over_several_metrics(provisioners)


def serve_quickly():
    """Exchanges the server; the engine's `main` looks it up when it starts."""
    import hypercorn.asyncio
    import uvloop

    hypercorn.asyncio.serve = serve_with_uvicorn
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


if __name__ == "__main__":
    repair()
    permissions.enforce_policies()
    serve_quickly()
    from ministack.app import main

    main()
