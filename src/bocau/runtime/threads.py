"""A small, bounded pool for work that would hold up the event loop (password hashing, compression)."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

THREADS_MAX: Final = 2
"""As many as a small server has cores; argon2 takes 19 MB in each while it runs."""

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_pool: list[ThreadPoolExecutor] = []


async def in_thread(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Run a plain function in a thread of the pool and wait for its result."""
    if not _pool:
        _pool.append(ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="bocau"))
    future = _pool[0].submit(function, *args, **kwargs)
    return await asyncio.wrap_future(future)
