namespace Aviator.AppHost;

/// <summary>
/// What becomes of the resources in Kubernetes. The other half is in Publishing/, a project that compiles these same sources: its one
/// package, Aspire.Hosting.Kubernetes, is published as a preview only, and not every feed has it. Without that half there is nothing to
/// describe.
/// </summary>
internal static partial class KubernetesManifests
{
    /// <summary>Describes them, in the project that publishes.</summary>
    public static void Describe(IDistributedApplicationBuilder builder) => AddKubernetes(builder);

    static partial void AddKubernetes(IDistributedApplicationBuilder builder);
}
