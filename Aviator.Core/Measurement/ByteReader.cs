using System.Buffers.Binary;
using System.Text;

namespace Aviator.Core.Measurement;

/// <summary>
/// Reads what <see cref="ByteWriter"/> wrote, and trusts none of it: no length is believed before the bytes are seen to be there, so that
/// nothing is allocated for what is not.
/// </summary>
internal ref struct ByteReader(ReadOnlySpan<byte> input)
{
    private ReadOnlySpan<byte> _rest = input;

    /// <summary>Bytes not read yet.</summary>
    public readonly int Left => _rest.Length;

    /// <summary>Reads one byte.</summary>
    /// <exception cref="FormatException">The input ends.</exception>
    public byte Byte() => Take(1)[0];

    /// <summary>Reads a number from 0 to <paramref name="max"/>.</summary>
    /// <exception cref="FormatException">The input ends, or the number is larger.</exception>
    public long Number(long max = long.MaxValue)
    {
        var value = 0UL;
        for (var shift = 0; shift < 63; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next >= 0x80) continue;
            return value <= (ulong)max ? (long)value : throw new FormatException($"value {value} out of range (max {max})");
        }

        throw new FormatException("a number has more than 63 bits");
    }

    /// <summary>Reads a number of either sign.</summary>
    /// <exception cref="FormatException">The input ends, or the number has more than 64 bits.</exception>
    public long Signed()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return (long)(value >> 1) ^ -(long)(value & 1);
        }

        throw new FormatException("a number has more than 64 bits");
    }

    /// <summary>Reads so many bytes as they are.</summary>
    /// <exception cref="FormatException">The input ends.</exception>
    public ReadOnlySpan<byte> Bytes(int length) => Take(length);

    /// <summary>Reads a real number.</summary>
    /// <exception cref="FormatException">The input ends, or it is not finite.</exception>
    public double Real()
    {
        var value = BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));
        return double.IsFinite(value) ? value : throw new FormatException("a real number is not finite");
    }

    /// <summary>Reads a text of at most <paramref name="maxBytes"/> bytes.</summary>
    /// <exception cref="FormatException">The input ends, or the text is longer.</exception>
    public string Text(int maxBytes) => Encoding.UTF8.GetString(Take((int)Number(maxBytes)));

    /// <summary>Reads a length and gives a reader of so many bytes, all of which this one passes over.</summary>
    /// <exception cref="FormatException">The input ends.</exception>
    public ByteReader Block() => new(Take((int)Number(Left)));

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length) throw new FormatException($"input ends {length - _rest.Length} bytes too early");
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
