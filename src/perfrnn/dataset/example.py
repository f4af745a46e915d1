"""`tf.train.Example`, the message of training records, without TensorFlow's import.

An Example is a map from names to features, each a list of bytes, floats or integers (TensorFlow,
`tensorflow/core/example/example.proto` and `feature.proto`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool

KINDS = {
    "bytes_list": ("BytesList", Field.TYPE_BYTES),
    "float_list": ("FloatList", Field.TYPE_FLOAT),
    "int64_list": ("Int64List", Field.TYPE_INT64),
}
"""Fields of a Feature in the order of their numbers: message and type of its values."""


def write_example(features: Mapping[str, list[bytes] | list[float] | list[int]]) -> bytes:
    """Return an Example's bytes; equal features give equal bytes.

    Parameters
    ----------
    features : values by name, of one type each.
    """
    example = _example_class()()
    for name, values in features.items():
        kind = {bytes: "bytes_list", float: "float_list", int: "int64_list"}[type(values[0])]
        getattr(example.features.feature[name], kind).value.extend(values)
    # A map is written in any order if not told otherwise.
    return example.SerializeToString(deterministic=True)


@cache
def _example_class() -> Any:
    # In a pool of its own: TensorFlow's import puts the same names into the common one.
    file = FileDescriptorProto(name="example.proto", package="tensorflow", syntax="proto3")
    for message, type_ in KINDS.values():
        _field(file.message_type.add(name=message), "value", 1, type_, repeated=True)
    feature = file.message_type.add(name="Feature")
    feature.oneof_decl.add(name="kind")
    for number, (name, (message, _)) in enumerate(KINDS.items(), start=1):
        _field(feature, name, number, message).oneof_index = 0
    features = file.message_type.add(name="Features")
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    _field(entry, "key", 1, Field.TYPE_STRING)
    _field(entry, "value", 2, "Feature")
    _field(features, "feature", 1, "Features.FeatureEntry", repeated=True)
    _field(file.message_type.add(name="Example"), "features", 1, "Features")
    pool = DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.Example"))


def _field(
    message: Any, name: str, number: int, type_: int | str, *, repeated: bool = False
) -> Any:
    """Add a field of a type, or of another message of the file, to a message; return it."""
    label = Field.LABEL_REPEATED if repeated else Field.LABEL_OPTIONAL
    if isinstance(type_, str):
        names = {"type": Field.TYPE_MESSAGE, "type_name": f".tensorflow.{type_}"}
        return message.field.add(name=name, number=number, label=label, **names)
    return message.field.add(name=name, number=number, label=label, type=type_)
