namespace Aviator.AppHost;

/// <summary>What an operator would like at hand in the dashboard while traffic runs: a pod that gets slow, and the policy's switches.</summary>
internal static class OperatorCommands
{
    /// <summary>Handing a Service back takes half a minute, all else a second or two.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(100);

    /// <summary>Adds them to the workload; they are enabled once its pods are ready.</summary>
    public static IResourceBuilder<ExecutableResource> WithOperatorCommands(this IResourceBuilder<ExecutableResource> workload, AppHostSettings settings)
    {
        Add("slow", "Make a pod slow (2 s)", "AnimalTurtle", "The first pod of the Service by name answers after 2 s from now on, slower than the slow pods.", Delay("2000ms"));
        Add("fast", "Make it fast again (10 ms)", "AnimalRabbit", "The first pod of the Service by name answers after 10 ms again.", Delay("10ms"));
        Add("observe", "Observe only", "Eye", "The policy decides and reports, but steers nothing: spec.mode becomes Observe.", PatchMode("Observe"));
        Add("enforce", "Enforce", "ArrowRouting", "The policy steers the Service: it is created if it was deleted, and spec.mode becomes Enforce.", Policy("apply"), PatchMode("Enforce"));
        Add("hand-back", "Hand the Service back", "ArrowUndo", "Deletes the policy and waits until the Service is as it was, which takes half a minute. Enforce creates it again.",
            SampleWorkload.HandBackCommand(settings));
        return workload;

        void Add(string name, string title, string icon, string description, params IReadOnlyList<string>[] steps) =>
            workload.WithCommand(name, title, context => RunAsync(steps, context.CancellationToken), new CommandOptions
            {
                IconName = icon,
                Description = description,
                IsHighlighted = name is "slow" or "fast",
                UpdateState = state => state.ResourceSnapshot is { ExitCode: 0 } ? ResourceCommandState.Enabled : ResourceCommandState.Disabled,
            });

        string[] Delay(string delay) => [Checkout.File("eng", "demo", "delay.sh"), settings.Namespace, SampleWorkload.Service, delay];

        string[] Policy(string verb) => ["kubectl", verb, "-n", settings.Namespace, "-f", Checkout.File("config", "samples", "policy.yaml")];

        string[] PatchMode(string mode) =>
            ["kubectl", "patch", "avp", SampleWorkload.Service, "-n", settings.Namespace, "--type=merge", "-p", $$$"""{"spec":{"mode":"{{{mode}}}"}}"""];
    }

    private static async Task<ExecuteCommandResult> RunAsync(IReadOnlyList<string>[] steps, CancellationToken stop)
    {
        try
        {
            foreach (var step in steps) await Tool.RunAsync(step, Limit, stop);
            return CommandResults.Success();
        }
        catch (InvalidOperationException e)
        {
            return CommandResults.Failure(e.Message);
        }
    }
}
