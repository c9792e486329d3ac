using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Aviator.Kubernetes;

/// <summary>Reads a stream of JSON documents, one per line.</summary>
internal static class JsonLines
{
    /// <summary>Longest line taken, in bytes; etcd holds objects of at most 1.5 MiB by default.</summary>
    public const int MaxLine = 16 << 20;

    public static async IAsyncEnumerable<JsonDocument> ReadAsync(
        Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
        try
        {
            while (true)
            {
                var read = await pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
                var rest = read.Buffer;
                while (rest.PositionOf((byte)'\n') is { } end)
                {
                    var line = rest.Slice(0, end);
                    rest = rest.Slice(rest.GetPosition(1, end));
                    if (!line.IsEmpty) yield return JsonDocument.Parse(line.ToArray());
                }

                if (rest.Length > MaxLine) throw new InvalidDataException($"A line of the stream is longer than {MaxLine} bytes.");
                if (read.IsCompleted)
                {
                    if (!rest.IsEmpty) throw new IOException($"The stream ended inside a document, after {rest.Length} bytes of it.");
                    yield break;
                }

                pipe.AdvanceTo(rest.Start, rest.End);
            }
        }
        finally
        {
            await pipe.CompleteAsync().ConfigureAwait(false);
        }
    }
}
