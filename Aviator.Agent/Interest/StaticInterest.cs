using System.Net;

namespace Aviator.Agent.Interest;

/// <summary>Publishes the plan of an agent that runs without a cluster, once: the endpoints of the options.</summary>
internal sealed class StaticInterest(InterestBoard board, AgentOptions options) : IHostedService
{
    /// <summary>One row per endpoint, each probed at its own address.</summary>
    public static InterestPlan Plan(IEnumerable<StaticEndpointOptions> endpoints) => new(
        [.. endpoints.Select(endpoint =>
        {
            var key = EndpointAddress.Of(IPAddress.Parse(endpoint.Address), endpoint.Port);
            var name = endpoint.Pod ?? new IPEndPoint(key.Address, key.Port).ToString();
            var probe = new ProbeTarget(endpoint.ProbePort ?? endpoint.Port, endpoint.ProbePath, Always: false);
            return new EndpointInterest(key, endpoint.PodUid ?? name, endpoint.Namespace, name, Ready: true, probe);
        })],
        []);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        board.Publish(Plan(options.Endpoints));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
