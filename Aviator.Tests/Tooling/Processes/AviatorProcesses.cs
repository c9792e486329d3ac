using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Aviator.Tests.Tooling.Processes;

/// <summary>Agent and controller as processes beside the cluster, in the network they are started from.</summary>
internal static class AviatorProcesses
{
    /// <summary>The agent's port.</summary>
    public const int AgentPort = 9464;

    /// <summary>The controller's port.</summary>
    public const int ControllerPort = 9465;

    /// <summary>The agent's address.</summary>
    public static Uri AgentAddress { get; } = new($"http://127.0.0.1:{AgentPort}");

    /// <summary>The controller's address.</summary>
    public static Uri ControllerAddress { get; } = new($"http://127.0.0.1:{ControllerPort}");

    /// <summary>Starts the agent for <paramref name="node"/>, by way of the command <paramref name="prefix"/> where one is given.</summary>
    public static ChildProcess StartAgent(
        string kubeconfig, string node, string logPath, IReadOnlyDictionary<string, string>? settings = null,
            IReadOnlyList<string>? prefix = null) =>
        ChildProcess.Start("agent", OnFreePort(AgentPort, [.. prefix ?? [], .. AviatorProgram.Command("Aviator.Agent")]),
            With(settings, new()
            {
                ["Agent__Kubeconfig"] = kubeconfig,
                ["Agent__NodeName"] = node,
                ["Agent__Port"] = AgentPort.ToString(CultureInfo.InvariantCulture),
            }), logPath);

    /// <summary>Starts the controller, with that agent; of another build where <paramref name="assembly"/> names one.</summary>
    public static ChildProcess StartController(
        string kubeconfig, string logPath, IReadOnlyDictionary<string, string>? settings = null, string? assembly = null) =>
        ChildProcess.Start("controller", OnFreePort(ControllerPort, Command(assembly)), With(settings, new()
        {
            ["Aviator__Kubeconfig"] = kubeconfig,
            ["Aviator__Agents"] = AgentAddress.ToString(),
        }), logPath);

    /// <summary>Waits until the program says by <c>/readyz</c> that it does its work.</summary>
    /// <exception cref="InvalidOperationException">It ended instead; the message quotes its log.</exception>
    public static async Task ReadyAsync(ChildProcess process, Uri address, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(2) };
        var last = "no answer";
        await Waiting.UntilAsync($"the {process.Name} to be ready", limit, async () =>
        {
            if (process.HasExited) throw new InvalidOperationException($"The {process.Name} ended at its start:\n{process.Tail()}");
            using var answer = await http.GetAsync("/readyz", cancellationToken);
            last = $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}";
            return answer.IsSuccessStatusCode;
        }, cancellationToken, () => $"{last}\n{process.Tail(15)}");
    }

    private static IReadOnlyList<string> Command(string? assembly) =>
        assembly is null ? AviatorProgram.Command("Aviator.Controller") : ["dotnet", assembly];

    /// <summary>A program that a killed run left behind would answer in place of the one that is started here.</summary>
    private static IReadOnlyList<string> OnFreePort(int port, IReadOnlyList<string> command)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Connect(IPAddress.Loopback, port);
        }
        catch (SocketException)
        {
            return command;
        }

        throw new InvalidOperationException(
            $"Another program listens on port {port}, possibly one that a run left behind: end it, then start again.");
    }

    private static Dictionary<string, string> With(IReadOnlyDictionary<string, string>? settings, Dictionary<string, string> defaults)
    {
        foreach (var (key, value) in settings ?? new Dictionary<string, string>()) defaults[key] = value;
        return defaults;
    }
}
