using Aviator.Core.Steering;

namespace Aviator.Tests.Unit.Agent.Steering;

/// <summary>Orders for node-1.</summary>
internal static class Orders
{
    public const string ClusterIp = "10.96.0.10";

    /// <summary>An order of shop/web on port 80, whose pods have these addresses; none of any Service when there are no pods.</summary>
    public static SteeringOrder Of(long sequence, params string[] pods) => Of(7, sequence, pods);

    public static SteeringOrder Of(long term, long sequence, string[] pods) => new()
    {
        FormatVersion = SteeringOrder.CurrentFormatVersion,
        Node = "node-1",
        Term = term,
        Sequence = sequence,
        Services = pods.Length == 0 ? [] : [Web(Endpoints(pods))],
    };

    public static KernelService Web(IReadOnlyList<KernelEndpoint> endpoints) => new()
    {
        Namespace = "shop",
        Name = "web",
        ClusterIps = [ClusterIp],
        FailOpenAfterSeconds = 5,
        Ports = [new KernelPort { Port = 80, Endpoints = endpoints }],
    };

    public static IReadOnlyList<KernelEndpoint> Endpoints(params string[] pods) =>
        [.. pods.Select(pod => new KernelEndpoint { Address = pod, Port = 8080, Weight = 1, InFlight = 0 })];
}
