"""The exceptions of the SDK. Each one means that no request that moves money has left this machine."""

from typing import NamedTuple, Self

from error_codes import Meaning, own


class PaymentChannelError(Exception):
    """Nothing that moves money has left. Carries a canonical code and its texts in Chinese and English.

    What happened after a request may have left is never an exception: it is a result with an outcome.
    """

    def __init__(self, meaning: Meaning, *, field: str | None = None) -> None:
        """Wrap a meaning; ``field`` names the input that is wrong, where there is one."""
        super().__init__(f"{meaning.canonical}: {meaning.zh} | {meaning.en}")
        self.meaning = meaning
        self.field = field

    @property
    def canonical(self) -> str:
        """The canonical code (统一错误码)."""
        return self.meaning.canonical

    @property
    def zh(self) -> str:
        """What is wrong and what to do, in Chinese."""
        return self.meaning.zh

    @property
    def en(self) -> str:
        """What is wrong and what to do, in English."""
        return self.meaning.en


class Finding(NamedTuple):
    """One thing that is wrong with what was given: at which field, and what, in Chinese and English."""

    place: str
    zh: str
    en: str


class RefusedError(PaymentChannelError):
    """The SDK refused before sending: the request, the configuration or the channel's capabilities do not allow it."""

    CANONICAL = "REQUEST_INVALID"
    findings: tuple[Finding, ...] = ()
    """What was found field by field, where a whole model was looked at."""

    @classmethod
    def because(cls, zh: str, en: str, *, field: str | None = None, canonical: str | None = None) -> Self:
        """Make the refusal from a sentence in each language; ``canonical`` defaults to the class's own code."""
        return cls(own(canonical or cls.CANONICAL, detail_zh=zh, detail_en=en), field=field)

    @classmethod
    def of_field(cls, field: str, zh: str, en: str, *, canonical: str | None = None) -> Self:
        """Make the refusal of one field: ``zh`` and ``en`` say what it should be, and begin with its name when they are read."""
        return cls.because(f"{field}：{zh}", f"{field}: {en}", field=field, canonical=canonical)


class InvalidRequestError(RefusedError, ValueError):
    """A field of the request is missing, malformed or contradictory."""


class NotSupportedError(RefusedError):
    """The channel cannot do this, and says so in its capabilities."""

    CANONICAL = "OPERATION_NOT_SUPPORTED"


class ConfigurationError(RefusedError, ValueError):
    """The channel's configuration cannot be used: a key, a certificate, an address."""

    CANONICAL = "CONFIGURATION_INVALID"


class NotSentError(PaymentChannelError):
    """The channel could not be reached: no byte of the request left. Trying the same order again is safe."""

    @classmethod
    def because(cls, reason: str) -> Self:
        """Make it from the transport's own words (an address, never a secret)."""
        return cls(own("CHANNEL_UNREACHABLE", detail_zh=f"（{reason}）", detail_en=f"({reason})"))
