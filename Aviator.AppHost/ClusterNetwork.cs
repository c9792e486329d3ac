using System.Diagnostics;
using System.Reflection;

namespace Aviator.AppHost;

/// <summary>
/// The test cluster has a network of its own, in which pods and Services can be reached. Before anything else, this program replaces itself by
/// eng/apphost-cluster.sh, which brings the cluster up when there is none and starts this program again inside that network, in the same process.
/// docs/designs/0009-apphost-and-the-clusters-network.md says why.
/// </summary>
internal static class ClusterNetwork
{
    /// <summary>Set by the script: the cluster was chosen, and its network entered if it has its own.</summary>
    private const string ReadyVariable = "AVIATOR_APPHOST_READY";

    /// <summary>Set by eng/cluster/run-in.sh.</summary>
    public static bool IsInside => Environment.GetEnvironmentVariable("AVIATOR_INSIDE") is { Length: > 0 };

    /// <summary>Returns when this process can reach the cluster; a script that fails ends it and has said why.</summary>
    /// <param name="cluster"><c>current</c> or <c>test</c>.</param>
    /// <param name="args">The command line, for the second start.</param>
    /// <exception cref="InvalidOperationException">The script cannot be started, or a port of the dashboard is taken.</exception>
    public static void Enter(string cluster, string[] args)
    {
        // A test host, a debugger and Windows use the cluster of the kubeconfig as it is: they would not survive being replaced.
        if (Assembly.GetEntryAssembly() != typeof(ClusterNetwork).Assembly || Debugger.IsAttached || OperatingSystem.IsWindows()) return;
        if (Environment.GetEnvironmentVariable(ReadyVariable) is not null)
        {
            PortForward.Adopt(open: IsInside);
            return;
        }

        Environment.SetEnvironmentVariable(ReadyVariable, "1");
        if (!IsInside) PortForward.Prepare();
        ProcessImage.Replace([Checkout.File("eng", "apphost-cluster.sh"), cluster, .. Self, .. args]);
    }

    /// <summary>The command that runs this program: itself, or dotnet and the assembly.</summary>
    private static string[] Self => Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet"
        ? [Environment.ProcessPath!, Assembly.GetExecutingAssembly().Location]
        : [Environment.ProcessPath!];
}
