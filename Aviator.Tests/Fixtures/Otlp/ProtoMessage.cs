using System.Buffers.Binary;
using System.Text;

namespace Aviator.Tests.Fixtures.Otlp;

/// <summary>
/// One protobuf message, split into its fields by the wire format alone (protobuf.dev/programming-guides/encoding); who reads it knows the
/// numbers.
/// </summary>
internal sealed class ProtoMessage
{
    private readonly List<(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)> _fields = [];

    /// <exception cref="InvalidDataException">The bytes are no message.</exception>
    public ProtoMessage(ReadOnlyMemory<byte> data)
    {
        var at = 0;
        while (at < data.Length)
        {
            var tag = Varint(data.Span, ref at);
            _fields.Add((tag & 7) switch
            {
                0 => ((int)(tag >> 3), Varint(data.Span, ref at), default),
                1 => ((int)(tag >> 3), BinaryPrimitives.ReadUInt64LittleEndian(Take(data, 8, ref at).Span), default),
                2 => ((int)(tag >> 3), 0, Take(data, (int)Varint(data.Span, ref at), ref at)),
                5 => ((int)(tag >> 3), BinaryPrimitives.ReadUInt32LittleEndian(Take(data, 4, ref at).Span), default),
                var wire => throw new InvalidDataException($"wire type {wire}"),
            });
        }
    }

    public bool Has(int field) => _fields.Exists(candidate => candidate.Number == field);

    public IEnumerable<ProtoMessage> All(int field) =>
        _fields.Where(candidate => candidate.Number == field).Select(candidate => new ProtoMessage(candidate.Bytes));

    /// <summary>The message in a field; an empty one where it is absent, as protobuf has it.</summary>
    public ProtoMessage One(int field) => new(Bytes(field));

    public string Text(int field) => Encoding.UTF8.GetString(Bytes(field).Span);

    public string Hex(int field) => Convert.ToHexStringLower(Bytes(field).Span);

    public ulong Number(int field) => _fields.LastOrDefault(candidate => candidate.Number == field).Value;

    private ReadOnlyMemory<byte> Bytes(int field) => _fields.LastOrDefault(candidate => candidate.Number == field).Bytes;

    private static ReadOnlyMemory<byte> Take(ReadOnlyMemory<byte> data, int length, ref int at)
    {
        if (length < 0 || length > data.Length - at) throw new InvalidDataException("a field is longer than its message");
        var taken = data.Slice(at, length);
        at += length;
        return taken;
    }

    private static ulong Varint(ReadOnlySpan<byte> data, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64 && at < data.Length; shift += 7)
        {
            var part = data[at++];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80) return value;
        }

        throw new InvalidDataException("a number without an end");
    }
}
