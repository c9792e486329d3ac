using System.Text.Json.Nodes;
using Aviator.Kubernetes;

namespace Aviator.Agent.Steering;

/// <summary>One watch of the ready pods of a namespace, from when it is made until it is disposed.</summary>
internal sealed class PodWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly ObjectStore<ReadyPod> _store = new();
    private readonly Reflector<JsonObject, ReadyPod> _reflector;
    private readonly TimeProvider _time;
    private readonly long _since;
    private readonly Task _run;

    /// <summary>Begins to follow.</summary>
    /// <param name="connection">The API server.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes one line per list and per failure.</param>
    /// <param name="changed">Called after each change.</param>
    public PodWatch(ApiConnection connection, string ns, TimeProvider time, ILogger logger, Action changed)
    {
        (_time, _since) = (time, time.GetTimestamp());
        _store.Subscribe(_ => changed());
        _reflector = new(
            new ResourceClient<JsonObject>(connection, ResourceKind.Pods, new(ns)), _store, ReadyPod.Read, new ReflectorOptions(), time,
            logger);
        _run = Task.Run(() => _reflector.RunAsync(_ending.Token));
    }

    /// <summary>Whether all pods have been listed.</summary>
    public bool IsSynced => _store.IsSynced;

    /// <summary>How long the server could not be followed; null while it can.</summary>
    public TimeSpan? FailingFor => IsSynced ? _reflector.FailingFor : _time.GetElapsedTime(_since);

    /// <summary>The ready pods known now.</summary>
    public IEnumerable<ReadyPod> Pods => _store.All().Select(entry => entry.Value);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }
}
