using System.Globalization;

namespace Aviator.AppHost;

/// <summary>
/// What there is, in the order of its start: the one description that the Aspire host, the plain host and the published manifests share.
/// Each part comes after all that it waits for.
/// </summary>
internal static class Topology
{
    /// <summary>The Lease by which one controller leads; the watchdog watches it.</summary>
    public const string LeaseName = "aviator-controller";

    /// <summary>The Service, and the policy that steers it, of config/samples.</summary>
    public const string DemoService = "echo";

    /// <summary>The shared state.</summary>
    public static Part Redis { get; } = new("redis") { Kind = PartKind.Redis };

    /// <summary>Measures; a process on each node.</summary>
    public static Part Agent { get; } = new("agent")
    {
        Program = "Aviator.Agent",
        Port = 9464,
        UsesRedis = true,
        WaitsFor = ["redis"],
        Links = ["/latencies", "/metrics"],
        Environment = new Dictionary<string, string> { ["Agent__Port"] = "9464" },
    };

    /// <summary>Decides and steers.</summary>
    public static Part Controller { get; } = new("controller")
    {
        Program = "Aviator.Controller",
        Port = 9465,
        UsesRedis = true,
        WaitsFor = ["redis", "agent"],
        Links = ["/metrics"],
        Environment = new Dictionary<string, string> { ["Aviator__LeaderElection__Enabled"] = "true", ["Aviator__LeaderElection__LeaseName"] = LeaseName },
    };

    /// <summary>Hands the Services back when no controller is left.</summary>
    public static Part Watchdog { get; } = new("watchdog")
    {
        Program = "Aviator.Controller",
        Arguments = ["watchdog"],
        Port = 9466,
        WaitsFor = ["controller"],
        Links = ["/metrics"],
        Environment = new Dictionary<string, string> { ["Watchdog__ReleaseAfter"] = "00:00:30", ["Watchdog__LeaseName"] = LeaseName },
    };

    /// <summary>The parts of Aviator itself: what is published.</summary>
    public static IReadOnlyList<Part> Product { get; } = [Redis, Agent, Controller, Watchdog];

    /// <summary>All that runs on this machine, the demonstration included.</summary>
    /// <param name="parameters">What was set.</param>
    /// <param name="node">The node whose pods the agent measures.</param>
    public static IReadOnlyList<Part> Local(AppHostParameters parameters, string node) =>
    [
        Redis,
        new Part("workload")
        {
            Kind = PartKind.Step,
            Program = "eng/demo/deploy.sh",
            Arguments = [parameters.Namespace],
        },
        Agent with { Environment = With(Agent, ("Agent__NodeName", node), ("Agent__Source", parameters.Source)) },
        Controller with
        {
            WaitsFor = [.. Controller.WaitsFor, "workload"],
            Environment = With(Controller, ("Aviator__Agents", $"http://127.0.0.1:{Agent.Port}"), ("Aviator__Namespace", parameters.Namespace),
                ("Aviator__LeaderElection__LeaseNamespace", parameters.Namespace)),
        },
        Watchdog with { Environment = With(Watchdog, ("Watchdog__Namespace", parameters.Namespace), ("Watchdog__LeaseNamespace", parameters.Namespace)) },
        new Part("load")
        {
            Program = "Aviator.Demo",
            Arguments = ["load", parameters.Namespace, DemoService, parameters.Rate.ToString(CultureInfo.InvariantCulture)],
            WaitsFor = ["workload", "controller"],
        },
    ];

    /// <summary>The command that makes a pod of the workload slow, or as fast as it was.</summary>
    /// <param name="parameters">What was set.</param>
    /// <param name="delay">How long the pod takes to answer: <c>500ms</c>.</param>
    public static Part DelayCommand(AppHostParameters parameters, string delay) =>
        new("delay") { Kind = PartKind.Step, Program = "Aviator.Demo", Arguments = ["delay", parameters.Namespace, DemoService, delay] };

    /// <summary>What goes before the end: the policy is taken away and the Service handed back, as long as the controller is there to do it.</summary>
    public static Part Withdrawal(AppHostParameters parameters) => new("withdraw") { Kind = PartKind.Step, Program = "eng/demo/withdraw.sh", Arguments = [parameters.Namespace] };

    private static Dictionary<string, string> With(Part part, params (string Name, string Value)[] more)
    {
        var all = new Dictionary<string, string>(part.Environment);
        foreach (var (name, value) in more) all[name] = value;
        return all;
    }
}
