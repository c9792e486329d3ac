using Aviator.AppHost.Cluster;

namespace Aviator.AppHost.Aspire;

/// <summary>Commands of the dashboard on the workload: a pod gets slow, and well again, while traffic runs.</summary>
internal static class PodCommands
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Adds them.</summary>
    public static void WithPodCommands(this IResourceBuilder<ExecutableResource> workload, AppHostParameters parameters)
    {
        Add(workload, "slow", "Make a pod slow (500 ms)", "Warning", Topology.DelayCommand(parameters, "500ms"));
        Add(workload, "fast", "Make it fast again (10 ms)", "TopSpeed", Topology.DelayCommand(parameters, "10ms"));
    }

    private static void Add(IResourceBuilder<ExecutableResource> workload, string name, string title, string icon, Part step) =>
        workload.WithCommand(name, title, async context =>
        {
            try
            {
                await Tool.RunAsync(Checkout.Command(step), Limit, context.CancellationToken);
                return CommandResults.Success();
            }
            catch (Exception e) when (e is InvalidOperationException or IOException)
            {
                return CommandResults.Failure(e.Message);
            }
        }, new CommandOptions { IconName = icon, Description = "The first pod of the Service by name, through its control port." });
}
