using Aviator.Kubernetes;

namespace Aviator.Controller.Leadership;

/// <summary>
/// Follows the one Lease, so that a hand-over is heard of within milliseconds. Nothing depends on it: who listens reads the Lease itself,
/// in its own time.
/// </summary>
internal sealed class LeaseWatch
{
    private readonly Reflector<LeaseWire, Lease> _reflector;

    /// <param name="connection">The API server.</param>
    /// <param name="name">The Lease.</param>
    /// <param name="heard">Takes the Lease as it is now, or null when it was deleted; must be quick and must not throw.</param>
    /// <param name="logger">Takes the reflector's lines.</param>
    public LeaseWatch(ApiConnection connection, ObjectKey name, Action<Lease?> heard, ILogger<LeaseWatch> logger)
    {
        var store = new ObjectStore<Lease>();
        store.Subscribe(change => heard(change.New));
        // A watch that died without a word is found in seconds, as renewals come all the time.
        var options = new ReflectorOptions
        {
            MaxSilence = TimeSpan.FromSeconds(60),
            Backoff = new(TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(10)),
        };
        var scope = new ResourceScope(name.Namespace, FieldSelector: $"metadata.name={name.Name}");
        _reflector = new(
            new(connection, LeaseApi.Kind, scope), store, item => Lease.Read(item.Value), options, TimeProvider.System, logger);
    }

    /// <summary>Runs until cancelled; never throws but for that.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _reflector.RunAsync(cancellationToken);
}
