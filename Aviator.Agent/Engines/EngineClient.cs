using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Aviator.Agent.Interest;
using Aviator.Agent.Probing;

namespace Aviator.Agent.Engines;

/// <summary>
/// Asks an engine for its metrics once, within a time and a size. Connections come from the agent's own ports, since many engines serve
/// metrics where they serve requests, and a scrape must not pass for a fast request; they are kept, since to make one each second costs an
/// engine more than to answer.
/// </summary>
internal sealed class EngineClient : IDisposable
{
    /// <summary>The longest answer that is read, in bytes: several times what the largest engine is known to have.</summary>
    public const int MostBytes = 2 << 20;

    private const int FirstBytes = 64 << 10;
    private static readonly UriCreationOptions AsItStands = new() { DangerousDisablePathAndQueryCanonicalization = true };
    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    /// <summary>Makes its connections from these ports.</summary>
    public EngineClient(ProbePorts ports, TimeProvider time)
    {
        _time = time;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            MaxConnectionsPerServer = 1,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
            ConnectTimeout = TimeSpan.FromSeconds(2), // a question that ends sooner does not end its connect
            ConnectCallback = async (context, stop) =>
            {
                var remote = new IPEndPoint(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port);
                return new NetworkStream(await ports.ConnectAsync(remote, stop), ownsSocket: true);
            },
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("text/plain;version=0.0.4"));
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("aviator-agent", null));
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>Asks the engine at <paramref name="address"/>; every end but the caller's own cancellation is an outcome.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async Task<EngineAnswer> AskAsync(IPAddress address, EngineTarget target, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, _time);
        await using var stop = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), limit);
        try
        {
            var remote = new IPEndPoint(address, target.Port);
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{remote}{target.Path}", AsItStands));
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (answer.StatusCode != HttpStatusCode.OK)
                return EngineAnswer.Failed(EngineOutcome.Status, $"it answers with status {(int)answer.StatusCode}");
            return await ReadAsync(await answer.Content.ReadAsStreamAsync(limit.Token), target, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var seconds = timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
            return EngineAnswer.Failed(EngineOutcome.TimedOut, $"it does not answer within {seconds} s");
        }
        catch (Exception error) when (error is HttpRequestException or IOException or SocketException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return EngineAnswer.Failed(EngineOutcome.Unreachable, "it cannot be reached there by HTTP");
        }
    }

    private static async Task<EngineAnswer> ReadAsync(Stream body, EngineTarget target, CancellationToken cancellationToken)
    {
        var (buffer, filled) = (ArrayPool<byte>.Shared.Rent(FirstBytes), 0);
        try
        {
            while (true)
            {
                var read = await body.ReadAsync(buffer.AsMemory(filled), cancellationToken);
                if (read == 0) break;
                filled += read;
                if (filled > MostBytes)
                    return EngineAnswer.Failed(EngineOutcome.TooLarge, $"its answer is longer than {MostBytes >> 20} MiB");
                if (filled == buffer.Length) buffer = Grow(buffer);
            }

            return EngineSample.Read(buffer.AsSpan(0, filled), target.Engine) is { } sample
                ? EngineAnswer.Of(sample)
                : EngineAnswer.Failed(
                    EngineOutcome.NoFigure, $"its answer has no {EngineGauges.Of(target.Engine).Waiting[0].Name} that can be read");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Grow(byte[] full)
    {
        var larger = ArrayPool<byte>.Shared.Rent(full.Length * 2);
        full.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }
}
