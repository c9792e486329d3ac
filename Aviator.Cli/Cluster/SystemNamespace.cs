namespace Aviator.Cli.Cluster;

/// <summary>Where Aviator itself runs.</summary>
internal static class SystemNamespace
{
    /// <summary>The one that the manifests and the documents use.</summary>
    public const string Default = "aviator-system";
}
