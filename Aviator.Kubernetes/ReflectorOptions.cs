using Aviator.ServiceDefaults;

namespace Aviator.Kubernetes;

/// <summary>The limits and pauses of a <see cref="Reflector{TObject,TItem}"/>. The defaults suit production; tests shorten them.</summary>
public sealed record ReflectorOptions
{
    /// <summary>Objects per page of a list.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>
    /// Shortest time after which the server is asked to end a watch; each watch draws its own between this and <see cref="MaxWatch"/>.
    /// </summary>
    public TimeSpan MinWatch { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Longest time after which the server is asked to end a watch.</summary>
    public TimeSpan MaxWatch { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>How far a watch may outlive the time that the server was given, before the client ends it.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Longest silence of a watch before the client resumes it on a new request. Servers send a bookmark about every minute, so this finds
    /// a connection that died without a word.
    /// </summary>
    public TimeSpan MaxSilence { get; init; } = TimeSpan.FromSeconds(150);

    /// <summary>Pauses after failures.</summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(30));

    /// <summary>
    /// A watch that ends sooner than this without a single event counts as a failure, so that watches which end at once are no busy loop.
    /// </summary>
    public TimeSpan ShortWatch { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Refusals of the watch in a row after which the version resumed from is given up for a new list (an etcd restored from a backup knows
    /// no such version).
    /// </summary>
    public int RefusalsBeforeRelist { get; init; } = 5;
}
