using System.Text.Json;
using Aviator.Controller.Kubernetes.Resources;
using Aviator.Kubernetes;

namespace Aviator.Controller.Kubernetes.Preflight;

/// <summary>The readers that the cluster knows at present: listed again every <see cref="Lifetime"/> at most, once for all policies.</summary>
/// <param name="connection">The API server.</param>
/// <param name="ns">One namespace, or null for all.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes a line when a kind cannot be listed.</param>
internal sealed partial class ReaderCatalog(ApiConnection connection, string? ns, TimeProvider time, ILogger<ReaderCatalog> logger) : IDisposable
{
    /// <summary>How long a list is good for. These objects change by hand and by deployments, not by the second, so a watch would be too much.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private const int PageSize = 500;

    private static readonly (ResourceKind Kind, Func<string, string, JsonElement, Reader> Read)[] Kinds =
    [
        (new("monitoring.coreos.com", "v1", "servicemonitors"), Readers.ServiceMonitor),
        (new("argoproj.io", "v1alpha1", "rollouts"), Readers.Rollout),
        (new("flagger.app", "v1beta1", "canaries"), Readers.Canary),
    ];

    private readonly SemaphoreSlim _once = new(1);
    private IReadOnlyList<Reader> _readers = [];
    private long? _listed;

    /// <summary>All readers, whatever they read; at most <see cref="Lifetime"/> old unless the server cannot be asked.</summary>
    /// <exception cref="HttpRequestException">The server could not be reached, and nothing was ever listed.</exception>
    public async Task<IReadOnlyList<Reader>> GetAsync(CancellationToken cancellationToken)
    {
        await _once.WaitAsync(cancellationToken);
        try
        {
            if (_listed is { } at && time.GetElapsedTime(at) < Lifetime) return _readers;
            var readers = new List<Reader>();
            foreach (var (kind, read) in Kinds) readers.AddRange(await ListAsync(kind, read, cancellationToken));
            _readers = readers;
            _listed = time.GetTimestamp();
        }
        catch (Exception fault) when (_listed is not null && fault is HttpRequestException or IOException or TimeoutException or ApiException)
        {
            // What was known a minute ago is better than stopping all policies; asked again at the next look.
            LogFailed("readers", fault.Message);
        }
        finally
        {
            _once.Release();
        }

        return _readers;
    }

    /// <inheritdoc/>
    public void Dispose() => _once.Dispose();

    private async Task<IReadOnlyList<Reader>> ListAsync(ResourceKind kind, Func<string, string, JsonElement, Reader> read, CancellationToken cancellationToken)
    {
        if (!(await ApiGroups.VersionsAsync(connection, kind.Group, cancellationToken)).Contains(kind.Version)) return [];
        var readers = new List<Reader>();
        try
        {
            var client = new ResourceClient<JsonDocument>(connection, kind, new ResourceScope(ns));
            string? token = null;
            do
            {
                var page = await client.ListAsync(PageSize, token, cancellationToken);
                readers.AddRange(page.Items.Select(item => read(item.Key.Namespace, item.Key.Name, item.Value.RootElement.Clone())));
                token = page.Continue;
            }
            while (token is not null);
        }
        catch (ApiException refusal) when (refusal.IsForbidden || refusal.IsNotFound)
        {
            // No right to look, or the kind is not there: steering is not held up by what cannot be known.
            LogFailed(kind.Plural, refusal.Message);
        }

        return readers;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Failed to list {Kind}, which may read Services that are steered: {Error}")]
    private partial void LogFailed(string kind, string error);
}
