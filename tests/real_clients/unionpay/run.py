"""Drive an independent UnionPay client against the mock: ``python tests/real_clients/unionpay/run.py --client CHECKOUT``.

It is no part of ``make test``: it installs the client's own old libraries from PyPI into a throw-away environment. What
``CHECKOUT`` should be, the README beside this file says; it is left as it is, and its settings are written into a copy.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from mocks.process import running

# The last pyOpenSSL that has what the client calls (PKCS#12, sign, verify), and a cryptography that it works with.
LIBRARIES = (
    "pyopenssl==23.2.0",
    "cryptography==41.0.7",
    "rsa==4.9",
    "pyasn1==0.6.1",
    "requests==2.32.3",
    "urllib3==2.2.3",
    "flask==3.0.3",
)
STEPS = Path(__file__).with_name("steps.py")


def configuration(base_url: str, keys: Path, folder: Path) -> str:
    """Return the client's own settings file, with the mock's addresses and keys."""
    api = f"{base_url}/gateway/api"
    values = {
        "frontTransUrl": f"{api}/frontTransReq.do",
        "backTransUrl": f"{api}/backTransReq.do",
        "singleQueryUrl": f"{api}/queryTrans.do",
        "appTransUrl": f"{api}/appTransReq.do",
        "fileTransUrl": f"{base_url}/",
        "version": "5.1.0",
        "signMethod": "01",
        "ifValidateCNName": "true",  # as in production: the owner must be UnionPay
        "ifValidateRemoteCert": "false",
        "signCert.path": str(keys / "merchant.pfx"),
        "signCert.pwd": "000000",
        "encryptCert.path": str(folder / "encrypt_cert.pem"),  # the client replaces it when it is rotated
        "middleCert.path": str(keys / "middle_cert.pem"),
        "rootCert.path": str(keys / "root_cert.pem"),
        "validateCert.dir": str(folder / "verify"),
        "file.dir": str(folder),
        "encoding": "UTF-8",
    }
    secure = next(
        line for line in (keys / "channel.toml").read_text(encoding="utf-8").splitlines() if line.startswith("secure_key")
    )
    values["secureKey"] = secure.partition('"')[2].rstrip('"')
    return "[acpsdk]\n" + "".join(f"acpsdk.{name} = {value}\n" for name, value in values.items())


def main() -> int:
    """Install, start the mock, run the steps; return 0 when all of them held."""
    parser = argparse.ArgumentParser(description="an independent UnionPay client against the mock")
    parser.add_argument("--client", type=Path, required=True, help="a checkout of playniuniu/python-unionpay at 464b792e")
    client: Path = parser.parse_args().client
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(client / "src", folder / "src")
        venv.create(folder / "venv", with_pip=True)
        python = str(folder / "venv" / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", *LIBRARIES], check=True)
        with running(folder / "keys") as mock:
            keys = mock.keys / "unionpay"
            (folder / "verify").mkdir()
            shutil.copy(keys / "unionpay_cert.pem", folder / "verify" / "unionpay.cer")
            shutil.copy(keys / "encrypt_cert.pem", folder / "encrypt_cert.pem")
            settings = folder / "src" / "unionpay" / "acp_sdk.ini"
            settings.write_text(configuration(mock.base_url, keys, folder), encoding="utf-8")
            command = [python, "-W", "ignore", str(STEPS), mock.base_url, str(keys), str(folder)]
            return subprocess.run(command, check=False, env={"PYTHONPATH": str(folder / "src")}).returncode


if __name__ == "__main__":
    sys.exit(main())
