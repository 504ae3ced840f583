"""The offline demo model: rules that read the prompt and answer in process, so that a first try needs no key.

It is no language model and says so: its answers carry the model name `sting-demo`.
"""

from proxy.upstream.demo.answer import answer_offline

__all__ = ["answer_offline"]
