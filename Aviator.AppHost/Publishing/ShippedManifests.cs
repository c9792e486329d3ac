namespace Aviator.AppHost.Publishing;

/// <summary>
/// What the repository ships already, brought into the chart: the definition, accounts and rights of config/, and the images of
/// deploy/images.
/// </summary>
internal static class ShippedManifests
{
    private const string ShippedNamespace = "namespace: aviator-system";
    private static readonly string[] Components = ["agent", "controller", "watchdog"];

    /// <summary>Adds them to a chart.</summary>
    /// <param name="chart">The chart's folder.</param>
    /// <param name="version">The images' tag.</param>
    public static void AddTo(string chart, string version)
    {
        AddConfig(chart);
        NameImages(Path.Combine(chart, "values.yaml"), version);
    }

    /// <summary>
    /// Helm installs crds/ before templates/ and never renders it, so the definition goes there as it is. A release has its own namespace.
    /// </summary>
    private static void AddConfig(string chart)
    {
        var crds = Directory.CreateDirectory(Path.Combine(chart, "crds")).FullName;
        foreach (var file in Directory.EnumerateFiles(Checkout.File("config", "crd"), "*.yaml"))
            File.Copy(file, Path.Combine(crds, Path.GetFileName(file)), overwrite: true);
        foreach (var component in Components)
        {
            var folder = Directory.CreateDirectory(Path.Combine(chart, "templates", component)).FullName;
            var rights = File.ReadAllText(Checkout.File("config", "rbac", $"{component}.yaml"));
            File.WriteAllText(Path.Combine(folder, "rbac.yaml"),
                Replaced(rights, ShippedNamespace, "namespace: {{ .Release.Namespace }}", component));
        }
    }

    /// <summary>
    /// Aspire's values name the images that its own container build would make. Those of deploy/images know more: the unprivileged user,
    /// the libraries of the kernel's side, the watchdog's role.
    /// </summary>
    private static void NameImages(string values, string version)
    {
        var text = File.ReadAllText(values);
        foreach (var component in Components)
            text = Replaced(text, $"\"{component}:latest\"", $"\"aviator-{component}:{version}\"", "values.yaml");
        File.WriteAllText(values, text);
    }

    private static string Replaced(string text, string old, string with, string where) => text.Contains(old, StringComparison.Ordinal)
        ? text.Replace(old, with, StringComparison.Ordinal)
        : throw new InvalidOperationException($"{where} has no {old} to replace by {with}.");
}
