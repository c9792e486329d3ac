using System.Text.Json.Nodes;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;

namespace Aviator.Agent.Interest;

/// <summary>
/// Keeps the plan in step with the cluster: follows policies, Services and this node's pods, and plans again shortly after something
/// changed. Without the API server the last plan stays; where AviatorPolicy is not installed there is nothing to do, and it is looked for
/// again.
/// </summary>
internal sealed partial class ClusterInterest(
    ApiConnection connection, InterestBoard board, AgentOptions options, TimeProvider time, ILoggerFactory loggers) : BackgroundService
{
    /// <summary>Changes that come together are planned together.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(100);

    /// <summary>How often the first plan is tried.</summary>
    private static readonly TimeSpan Impatient = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the plan's standing is looked at without a change.</summary>
    private static readonly TimeSpan Review = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Three watches, each opened again after two and a half minutes of silence at the latest: a longer one says that the server is away.
    /// </summary>
    private static readonly TimeSpan LongSilence = TimeSpan.FromMinutes(3);

    private readonly ObjectStore<PolicyView> _policies = new();
    private readonly ObjectStore<ServiceView> _services = new();
    private readonly ObjectStore<PodView> _pods = new();
    private readonly AsyncPulse _changed = new();
    private readonly ILogger _logger = loggers.CreateLogger<ClusterInterest>();
    private volatile string? _noPolicies = "AviatorPolicy has not been looked for yet";
    private InterestPlan? _published;
    private HashSet<UnmeasurablePod> _told = [];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var everything = new ResourceScope(options.Namespace is { Length: > 0 } one ? one : null);
        var ofThisNode = everything with { FieldSelector = $"spec.nodeName={options.NodeName}" };
        var pods = Follow(ResourceKind.Pods, ofThisNode, _pods, Projections.Pod);
        var services = Follow(ResourceKind.Services, everything, _services, Projections.Service);
        var policies = Follow(AviatorNames.Policies, everything, _policies, Projections.Policy);
        await Supervision.WhenStoppedAsync(
            [pods.RunAsync(stoppingToken), services.RunAsync(stoppingToken), FollowPoliciesAsync(policies, stoppingToken),
                PlanAsync(stoppingToken)],
            stoppingToken);
    }

    private Reflector<JsonObject, TItem> Follow<TItem>(
        ResourceKind kind, ResourceScope scope, ObjectStore<TItem> store, Func<ResourceItem<JsonObject>, TItem?> project)
        where TItem : class
    {
        store.Subscribe(_ => _changed.Send());
        return new Reflector<JsonObject, TItem>(
            new ResourceClient<JsonObject>(connection, kind, scope), store, project, new ReflectorOptions(), time,
            loggers.CreateLogger($"{typeof(ClusterInterest).FullName}.{kind.Plural}"));
    }

    /// <summary>Waits for the kind to exist, with growing pauses, and follows it from then on.</summary>
    private async Task FollowPoliciesAsync(Reflector<JsonObject, PolicyView> policies, CancellationToken stoppingToken)
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        var outage = new Outage();
        while (await WhyNoPoliciesAsync(stoppingToken) is { } reason)
        {
            if (outage.Failed(reason)) LogNoPolicies(_logger, reason);
            _noPolicies = reason;
            _changed.Send();
            var pause = Task.Delay(backoff.Pause(outage.Failures, Random.Shared), time, stoppingToken);
            await pause.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stoppingToken.IsCancellationRequested) return;
        }

        _noPolicies = null;
        if (outage.Succeeded() > 0) LogPolicies(_logger);
        _changed.Send();
        await policies.RunAsync(stoppingToken);
    }

    private async Task<string?> WhyNoPoliciesAsync(CancellationToken stoppingToken)
    {
        try
        {
            var path = $"{AviatorNames.Policies.Path(options.Namespace)}?limit=1";
            using var page = await connection.SendAsync(HttpMethod.Get, path, cancellationToken: stoppingToken);
            return null;
        }
        catch (ApiException error) when (error.IsNotFound)
        {
            return "AviatorPolicy is not installed in this cluster: apply config/crd";
        }
        catch (ApiException error) when (error.IsForbidden)
        {
            return $"the agent may not list AviatorPolicies: {error.Message}";
        }
        catch (Exception error) when (
            error is ApiException or HttpRequestException or IOException or TimeoutException or OperationCanceledException)
        {
            return $"the API server does not answer: {error.Message}";
        }
    }

    private async Task PlanAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var changed = _changed.Next;
            TryPlan();
            try
            {
                // A list without objects changes nothing and sends no pulse, so the first plan is looked for often.
                var limit = _published is null ? Impatient : Review;
                if (await AsyncPulse.WaitAsync(changed, limit, time, stoppingToken)) await Task.Delay(Gathering, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private void TryPlan()
    {
        try
        {
            Plan();
        }
#pragma warning disable CA1031 // Whatever is wrong with what was read, the last plan serves on and the next change is tried again.
        catch (Exception error)
#pragma warning restore CA1031
        {
            board.Impair($"the plan could not be renewed: {error.Message}");
            LogPlanFailed(_logger, error);
        }
    }

    private void Plan()
    {
        if (!_pods.IsSynced || !_services.IsSynced)
            board.Impair("waiting for the API server: this node's pods and the Services have not been listed yet");
        else if (_noPolicies is { } reason)
            Publish(InterestPlan.Empty, reason);
        else if (!_policies.IsSynced)
            board.Impair("waiting for the API server: the AviatorPolicies have not been listed yet");
        else
            Publish(
                InterestPlanner.Plan(Values(_policies), Values(_services), Values(_pods)),
                connection.SinceAnswer is { } silence && silence > LongSilence
                    ? $"the API server last answered {silence.TotalSeconds:0} s ago; the plan is as old"
                    : null);
    }

    private void Publish(InterestPlan plan, string? impaired)
    {
        if (_published is null || !_published.SameAs(plan)) _published = plan;
        board.Publish(_published);
        if (impaired is not null) board.Impair(impaired);
        foreach (var pod in _published.Unmeasurable)
            if (!_told.Contains(pod))
                LogUnmeasurable(_logger, pod.Namespace, pod.Pod, pod.Reason);
        _told = [.. _published.Unmeasurable];
    }

    private static IEnumerable<TItem> Values<TItem>(ObjectStore<TItem> store)
        where TItem : class => store.All().Select(entry => entry.Value);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Nothing is measured: {Reason}")]
    private static partial void LogNoPolicies(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The API server lists AviatorPolicies now")]
    private static partial void LogPolicies(ILogger logger);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to plan what to measure")]
    private static partial void LogPlanFailed(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Left out pod {Namespace}/{Pod}: {Reason}")]
    private static partial void LogUnmeasurable(ILogger logger, string @namespace, string pod, string reason);
}
