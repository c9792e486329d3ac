using System.Collections.Concurrent;
using System.Text.Json;
using Aviator.Controller.Cluster;
using Aviator.Kubernetes;

namespace Aviator.Controller.Readers;

/// <summary>
/// The readers that the cluster knows at present: listed again every <see cref="Lifetime"/> at most, once for all policies, and in the
/// background. These kinds belong to others, and their server (a conversion webhook, an aggregated API) may be slow or broken for hours;
/// what is known serves on meanwhile.
/// </summary>
/// <param name="connection">The API server.</param>
/// <param name="ns">One namespace, or null for all.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes a line when a kind cannot be listed.</param>
internal sealed partial class ReaderCatalog(
    ApiConnection connection, string? ns, TimeProvider time, ILogger<ReaderCatalog> logger) : IDisposable
{
    /// <summary>
    /// How long a list is good for. These objects change by hand and by deployments, not by the second, so a watch would be too much.
    /// </summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>When to try again after a list that failed.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);

    private const int PageSize = 500;

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<ReaderKind, IReadOnlyList<Reader>> _byKind = new();
    private readonly ConcurrentDictionary<ReaderKind, bool> _refused = new();
    private Task<IReadOnlyList<Reader>>? _listing;
    private volatile IReadOnlyList<Reader>? _known;
    private long _began;

    /// <summary>All readers, whatever they read; at most <see cref="Lifetime"/> old unless the server cannot be asked.</summary>
    /// <param name="patience">How long to wait for a list that is under way before what was known is taken.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ApiException">A kind cannot be listed, and never was.</exception>
    /// <exception cref="HttpRequestException">The server could not be reached, and nothing was ever listed.</exception>
    /// <exception cref="TimeoutException">No answer in time, and nothing was ever listed.</exception>
    public async Task<IReadOnlyList<Reader>> GetAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            return await Listing().WaitAsync(patience, time, cancellationToken);
        }
        catch (Exception fault) when (_known is not null && CannotBeAsked(fault))
        {
            return _known;
        }
    }

    /// <summary>Whether all was listed once.</summary>
    public bool IsKnown => _known is not null;

    /// <summary>Whether what is known includes a kind: it was listed, and no right was missing.</summary>
    public bool Sees(ReaderKind kind) => _byKind.ContainsKey(kind) && !_refused.ContainsKey(kind);

    /// <summary>Whether this says that a kind could not be listed.</summary>
    public static bool CannotBeAsked(Exception fault) =>
        fault is ApiException or HttpRequestException or IOException or TimeoutException or JsonException;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    /// <summary>The list at hand, under way, or begun now.</summary>
    private Task<IReadOnlyList<Reader>> Listing()
    {
        lock (_lock)
        {
            if (_listing is { } last)
            {
                var lifetime = last.IsCompletedSuccessfully ? Lifetime : Retry;
                if (!last.IsCompleted || time.GetElapsedTime(_began) < lifetime) return last;
            }

            _began = time.GetTimestamp();
            return _listing = ListAsync(_stop.Token);
        }
    }

    private async Task<IReadOnlyList<Reader>> ListAsync(CancellationToken stopping)
    {
        await Task.Yield();
        var (readers, roles) = (new List<Reader>(), new PrometheusRoles());
        foreach (var kind in ReaderKinds.All.Where(CanBeListed))
        {
            try
            {
                _byKind[kind] = await ListAsync(kind, roles, stopping);
            }
            catch (Exception fault) when (CannotBeAsked(fault))
            {
                LogFailed(kind.Resource.Plural, fault.Message);
                if (!_byKind.ContainsKey(kind)) throw;
            }

            readers.AddRange(_byKind[kind]);
        }

        return _known = readers;
    }

    /// <summary>
    /// With the rights in one namespace, what belongs to none cannot be listed, and a Prometheus of another one is not seen.
    /// </summary>
    private bool CanBeListed(ReaderKind kind) => ns is null || !kind.WholeCluster;

    private async Task<IReadOnlyList<Reader>> ListAsync(ReaderKind kind, PrometheusRoles roles, CancellationToken cancellationToken)
    {
        var readers = new List<Reader>();
        try
        {
            foreach (var resource in await ServedAsync(kind, cancellationToken))
                if (await TryListAsync(kind, resource, roles, readers, cancellationToken)) break;
            _refused.TryRemove(kind, out _);
        }
        catch (ApiException refusal) when (refusal.IsForbidden)
        {
            // No right to look: steering is not held up by what cannot be known.
            LogFailed(kind.Resource.Plural, refusal.Message);
            _refused[kind] = true;
        }

        return readers;
    }

    /// <returns>False where the version has no such kind: a group may serve a version for the sake of other kinds.</returns>
    private async Task<bool> TryListAsync(
        ReaderKind kind, ResourceKind resource, PrometheusRoles roles, List<Reader> readers, CancellationToken cancellationToken)
    {
        var client = new ResourceClient<JsonDocument>(connection, resource, new ResourceScope(ns, kind.Labels));
        string? token = null;
        do
        {
            try
            {
                var page = await client.ListAsync(PageSize, token, cancellationToken);
                readers.AddRange(page.Items.Select(Foreign).Select(item => kind.Read(item, roles)).OfType<Reader>());
                token = page.Continue;
            }
            catch (ApiException missing) when (missing.IsNotFound)
            {
                return false;
            }
        }
        while (token is not null);
        return true;
    }

    /// <summary>
    /// The kind in those of its versions that the server has, the present one first. The core group has no page of its own, and is always
    /// served.
    /// </summary>
    private async Task<IReadOnlyList<ResourceKind>> ServedAsync(ReaderKind kind, CancellationToken cancellationToken)
    {
        var resource = kind.Resource;
        if (resource.Group.Length == 0) return [resource];
        var served = await ApiGroups.VersionsAsync(connection, resource.Group, cancellationToken);
        return
        [
            .. new[] { resource.Version, kind.Older }.OfType<string>().Where(served.Contains)
                .Select(version => resource with { Version = version }),
        ];
    }

    private static ForeignObject Foreign(ResourceItem<JsonDocument> item) =>
        new(item.Key.Namespace, item.Key.Name, item.Value.RootElement.Clone());

    [LoggerMessage(Level = LogLevel.Warning, Message = "Failed to list {Kind}, which may read Services that are steered: {Error}")]
    private partial void LogFailed(string kind, string error);
}
