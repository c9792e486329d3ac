using System.Text.Json.Nodes;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;

namespace Aviator.Agent.Steering;

/// <summary>One watch of the cluster's EndpointSlices, from when it is made until it is disposed.</summary>
internal sealed partial class SliceWatch : IAsyncDisposable
{
    private static readonly Backoff Retries = new(TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(30));

    private readonly ApiConnection _connection;
    private readonly ResourceScope _scope;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _since;
    private readonly CancellationTokenSource _ending = new();
    private readonly ObjectStore<SliceView> _store = new();
    private readonly Task _run;
    private volatile Reflector<JsonObject, SliceView>? _reflector;
    private long _version;

    /// <summary>Begins to follow.</summary>
    /// <param name="connection">The API server.</param>
    /// <param name="ns">The one namespace to follow; null for all.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes one line per outage.</param>
    /// <param name="changed">Called after each change.</param>
    public SliceWatch(ApiConnection connection, string? ns, TimeProvider time, ILogger logger, Action changed)
    {
        (_connection, _time, _logger, _since) = (connection, time, logger, time.GetTimestamp());
        // What is of no Service and what Aviator wrote stays at the server.
        _scope = new(ns, $"{SliceLabels.ServiceName},{SliceLabels.ManagedBy}!={AviatorNames.SliceManager}");
        _store.Subscribe(_ =>
        {
            Interlocked.Increment(ref _version);
            changed();
        });
        _run = Task.Run(RunAsync);
    }

    /// <summary>Grows with each change of what is known.</summary>
    public long Version => Interlocked.Read(ref _version);

    /// <summary>Whether all slices have been listed.</summary>
    public bool IsSynced => _store.IsSynced;

    /// <summary>How long the server could not be followed; null while it can.</summary>
    public TimeSpan? FailingFor => IsSynced ? _reflector?.FailingFor : _time.GetElapsedTime(_since);

    /// <summary>The slices known now.</summary>
    public IEnumerable<SliceView> Slices => _store.All().Select(entry => entry.Value);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task RunAsync()
    {
        if (await KindAsync() is not { } kind) return;
        _reflector = new(
            new ResourceClient<JsonObject>(_connection, kind, _scope), _store, SliceView.Read, new ReflectorOptions(), _time, _logger);
        await _reflector.RunAsync(_ending.Token);
    }

    /// <summary>Asks for the version until the server answers; null when the watch ends first.</summary>
    private async Task<ResourceKind?> KindAsync()
    {
        var (kind, outage) = (ResourceKind.EndpointSlices, new Outage());
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                var path = $"{kind.Path(_scope.Namespace)}?limit=1";
                using var page = await _connection.SendAsync(HttpMethod.Get, path, cancellationToken: _ending.Token);
                return kind;
            }
            catch (ApiException error) when (error.IsNotFound)
            {
                return kind with { Version = "v1beta1" };
            }
#pragma warning disable CA1031 // Whatever is wrong with the server, the order stands meanwhile, and it is asked again.
            catch (Exception error)
#pragma warning restore CA1031
            {
                if (_ending.IsCancellationRequested) return null;
                if (outage.Failed(error.Message)) LogUnread(error.Message);
            }

            var pause = Task.Delay(Retries.Pause(outage.Failures, Random.Shared), _time, _ending.Token);
            await pause.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot read EndpointSlices, retrying: {Error}")]
    private partial void LogUnread(string error);
}
