"""What a connection meets, in words for an operator that quote nothing of a library."""

import socket
import ssl

from adapters.words import causes


def met(error: BaseException) -> str | None:
    """None: nothing of the network that has words of its own."""
    for cause in causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return f"the certificate is not valid: {cause.verify_message}"
            case ssl.SSLError():
                return "TLS failed"
            case socket.gaierror():
                return "the name cannot be resolved"
            case ConnectionRefusedError():
                return "connection refused"
    return None
