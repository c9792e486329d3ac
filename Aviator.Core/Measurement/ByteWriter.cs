using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Aviator.Core.Measurement;

/// <summary>
/// Writes the few kinds of fields that <see cref="NodeReportCodec"/> knows; integers by LEB128, so that small numbers take one byte.
/// </summary>
internal readonly struct ByteWriter(ArrayBufferWriter<byte> output)
{
    /// <summary>Writes one byte.</summary>
    public void Byte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    /// <summary>Writes a number that is not negative, 7 bits a byte, lowest first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public void Number(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        Unsigned((ulong)value);
    }

    /// <summary>Writes a number of either sign; what is near zero is short.</summary>
    public void Signed(long value) => Unsigned((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>Writes a real number, 8 bytes.</summary>
    public void Real(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(output.GetSpan(sizeof(double)), value);
        output.Advance(sizeof(double));
    }

    /// <summary>Leaves room for so many bytes, to be filled before anything else is written.</summary>
    public Span<byte> Room(int length)
    {
        var room = output.GetSpan(length)[..length];
        output.Advance(length);
        return room;
    }

    /// <summary>Writes bytes as they are.</summary>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        value.CopyTo(output.GetSpan(value.Length));
        output.Advance(value.Length);
    }

    /// <summary>Writes a text: its length in bytes, then UTF-8.</summary>
    public void Text(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        Number(length);
        output.Advance(Encoding.UTF8.GetBytes(value, output.GetSpan(length)));
    }

    private void Unsigned(ulong value)
    {
        var span = output.GetSpan(10);
        var length = 0;
        for (var rest = value; ; rest >>= 7)
        {
            span[length++] = (byte)(rest >= 0x80 ? rest | 0x80 : rest);
            if (rest < 0x80) break;
        }

        output.Advance(length);
    }
}
