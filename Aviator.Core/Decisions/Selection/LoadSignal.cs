namespace Aviator.Core.Decisions.Selection;

/// <summary>
/// What <see cref="PrequalSelection"/> takes for an endpoint's load, the same for all that it compares: requests in flight, or what waits
/// in their inference engines. An engine works on many requests at once, and how many it can differs from one accelerator to the next: so
/// many in flight may be a long queue at one and half of what another can do.
/// </summary>
internal abstract class LoadSignal
{
    /// <summary>So few requests in flight are no queue, however many times more they are.</summary>
    private const double FewInFlight = 4;

    /// <summary>
    /// The queues, where the policy names an engine and every endpoint that is compared has a sample. One sample that is missing or stale
    /// leaves all to their requests in flight: the two are never compared with each other.
    /// </summary>
    /// <param name="settings">The policy.</param>
    /// <param name="known">The endpoints that are compared.</param>
    public static LoadSignal For(PolicySettings settings, IReadOnlyList<EndpointEvaluation> known) =>
        settings.Engine is not null && known.All(endpoint => endpoint.Observed.Engine is not null)
            ? new EngineQueues(known)
            : new RequestsInFlight();

    /// <summary>Whether nothing of it means that there is room for more.</summary>
    public virtual bool ShowsRoom => false;

    /// <summary>So little is no load, however many times more it is.</summary>
    public virtual double Few => FewInFlight;

    /// <summary>How loaded the endpoint is; 0 or more.</summary>
    public abstract double Of(EndpointEvaluation endpoint);

    /// <summary>Whether it has no room, however little waits.</summary>
    public virtual bool IsFull(EndpointEvaluation endpoint) => false;

    /// <summary>The weight up to which an endpoint does not become hot, at least the one that it has.</summary>
    /// <param name="endpoint">An endpoint that is not hot.</param>
    /// <param name="load">Its load.</param>
    /// <param name="limit">The load above which one is hot.</param>
    /// <param name="anyHot">Whether another one is.</param>
    public abstract double MostWhileCold(EndpointEvaluation endpoint, double load, double limit, bool anyHot);

    /// <summary>What has been shed has little load because of that: it grows with the weight.</summary>
    private static double InProportion(EndpointEvaluation endpoint, double load, double limit) =>
        load <= 0 ? 1 : Math.Min(1, endpoint.Weight * limit / load);

    /// <summary>
    /// Requests in flight on average (by Little's law, rate times mean latency), over the window or since the last evaluation if that is
    /// less: what is in flight at one moment differs by chance, and a window holds queues that are gone.
    /// </summary>
    private static double InFlight(EndpointEvaluation endpoint)
    {
        var observed = endpoint.Observed;
        return endpoint.HasNews ? Math.Min(InFlight(observed.Window), InFlight(observed.Fresh)) : InFlight(observed.Window);
    }

    private static double InFlight(MeasuredWindow window) =>
        window.Duration <= TimeSpan.Zero || window.Latency.Mean() is not { } mean ? 0 : window.Latency.Count * (mean / window.Duration);

    private sealed class RequestsInFlight : LoadSignal
    {
        public override double Of(EndpointEvaluation endpoint) => InFlight(endpoint);

        public override double MostWhileCold(EndpointEvaluation endpoint, double load, double limit, bool anyHot) =>
            InProportion(endpoint, load, limit);
    }

    private sealed class EngineQueues(IReadOnlyList<EndpointEvaluation> known) : LoadSignal
    {
        /// <summary>
        /// From this share of its key-value cache on an engine has no room: it holds requests back, or drops what it has worked out for
        /// others. 0.8 is what endpoint pickers of the inference gateway use.
        /// </summary>
        private const double FullCache = 0.8;

        /// <summary>So few that wait, on average, are those that come a moment before a place is free.</summary>
        private const double FewWaiting = 2;

        /// <summary>Fewer than this wait, on average, where a request mostly finds a place at once.</summary>
        private const double NoQueue = 1;

        /// <summary>Where most caches are full it is the load, and no engine is to blame.</summary>
        private readonly bool _cachesTell = known.Count(HasFullCache) * 2 <= known.Count;

        public override bool ShowsRoom => true;

        public override double Few => FewWaiting;

        public override double Of(EndpointEvaluation endpoint) => endpoint.Observed.Engine?.Waiting ?? 0;

        public override bool IsFull(EndpointEvaluation endpoint) => _cachesTell && HasFullCache(endpoint);

        /// <summary>
        /// A queue is gone as soon as the share fits, and tells nothing of the next larger one. So a share grows when something is hot and
        /// nobody with a larger share has room for it, or when so little is in flight that no share makes a queue of it.
        /// </summary>
        public override double MostWhileCold(EndpointEvaluation endpoint, double load, double limit, bool anyHot)
        {
            var needed = anyHot && !known.Any(other => other.Weight > endpoint.Weight && HasRoom(other));
            return Math.Max(endpoint.Weight, needed
                ? InProportion(endpoint, load, limit)
                : InProportion(endpoint, endpoint.Observed.Engine?.InFlight ?? double.MaxValue, FewInFlight));
        }

        private bool HasRoom(EndpointEvaluation endpoint) => Of(endpoint) < NoQueue && !IsFull(endpoint);

        private static bool HasFullCache(EndpointEvaluation endpoint) => endpoint.Observed.Engine?.CacheUse >= FullCache;
    }
}
