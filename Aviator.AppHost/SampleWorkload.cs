using System.Globalization;

namespace Aviator.AppHost;

/// <summary>Something to steer: two fast and two slow pods behind one Service, a policy for it, and a load generator.</summary>
internal static class SampleWorkload
{
    /// <summary>The Service, and the policy that steers it, of config/samples.</summary>
    public const string Service = "echo";

    /// <summary>
    /// Puts the workload into the cluster; the resource finishes when its pods are ready. The pods stay when the AppHost ends.
    /// </summary>
    public static IResourceBuilder<ExecutableResource> AddSampleWorkload(
        this IDistributedApplicationBuilder builder, string name, AppHostSettings settings) =>
        builder.AddExecutable(name, Checkout.File("eng", "demo", "deploy.sh"), Checkout.Root, settings.Namespace)
            .WithIconName("BoxMultiple")
            .WithOperatorCommands(settings);

    /// <summary>
    /// Adds the load: requests through the Service, each on a new connection. Its log says how they fared and which pods answered.
    /// </summary>
    public static IResourceBuilder<ProjectResource> AddLoad(
        this IDistributedApplicationBuilder builder, string name, AppHostSettings settings) =>
        builder.AddProject<Built<Projects.Aviator_Demo>>(name)
            .WithIconName("TopSpeed")
            .WithoutHttpsCertificate()
            .WithArgs("load", settings.Namespace, Service, settings.Rate.ToString(CultureInfo.InvariantCulture));

    /// <summary>Deletes the policy and waits until the controller has handed the Service back.</summary>
    public static IReadOnlyList<string> HandBackCommand(AppHostSettings settings) =>
        [Checkout.File("eng", "demo", "withdraw.sh"), settings.Namespace];
}
