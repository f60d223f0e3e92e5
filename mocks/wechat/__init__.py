"""WeChat Pay's side of the wire."""
