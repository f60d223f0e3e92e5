"""``python -m mocks``: every mock channel on one origin, as a process of its own."""

import argparse
import sys
from pathlib import Path

from mocks.keyfiles import KeysRefusedError
from mocks.opening import open_world

try:
    from mocks.server import address, bind, serve, write_ready
except ModuleNotFoundError as error:
    if error.name not in {"uvicorn", "httptools"}:
        raise
    sys.exit(
        f"模拟服务需要额外依赖（缺少 {error.name}）/ the mock server needs an extra ({error.name} is missing): "
        "pip install 'payment-channels[mocks]'"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m mocks", description="模拟支付渠道，同一个地址 / mock payment channels on one origin"
    )
    parser.add_argument("--port", type=int, default=8700, help="端口，0 选择空闲端口（缺省 8700）/ 0 takes a free one (8700)")
    parser.add_argument(
        "--keys",
        type=Path,
        required=True,
        metavar="DIR",
        help="双方密钥所在文件夹，缺的自动生成 / keys of both sides; what is missing is made",
    )
    parser.add_argument("--host", default="127.0.0.1", help="监听地址，缺省只听本机 / this machine alone, unless it is given")
    parser.add_argument(
        "--ready-file",
        type=Path,
        metavar="FILE",
        help="可以应答后写入此文件，含地址 / is written once requests are answered, with the base URL",
    )
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; return 0, or 1 where it could not start."""
    given = _parser().parse_args(arguments)
    try:
        world = open_world(given.keys)
        bound = bind(given.host, given.port)
    except KeysRefusedError as error:
        print(f"mocks: {error}", file=sys.stderr)
        return 1
    except (OSError, OverflowError) as error:
        place = f"{given.host}:{given.port}"
        print(f"mocks: 无法监听 {place}：{error} / cannot listen on {place}: {error}", file=sys.stderr)
        return 1
    base_url = address(bound)

    def ready() -> None:
        print(f"mocks: {base_url}（密钥 / keys: {given.keys}；控制面 / control plane: {base_url}/_mock/）")
        for line in world.serves():
            print(f"  {line}")
        print(f"mocks: {base_url} 已就绪，Ctrl-C 结束 / ready; Ctrl-C ends it")  # the first line has left the screen by now
        sys.stdout.flush()
        if given.ready_file is not None:
            try:
                write_ready(given.ready_file, {"base_url": base_url, "keys": str(given.keys)})
            except OSError as error:
                place, why = given.ready_file, error.strerror
                sys.exit(f"mocks: 无法写入 {place}：{why} / cannot write {place}: {why}")

    serve(world, bound, ready)
    return 0


if __name__ == "__main__":
    sys.exit(main())
