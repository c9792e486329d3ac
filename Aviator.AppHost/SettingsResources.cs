using System.Globalization;

namespace Aviator.AppHost;

/// <summary>Shows in the dashboard what was set.</summary>
internal static class SettingsResources
{
    /// <summary>Adds a parameter for each setting. The values have been read and checked by then, so nothing has to ask for one.</summary>
    public static void AddSettings(this IDistributedApplicationBuilder builder, AppHostSettings settings)
    {
        Add("namespace", settings.Namespace, "Namespace of the sample workload, and the only one that controller and watchdog work in.");
        Add("rate", settings.Rate.ToString(CultureInfo.InvariantCulture),
            "Requests per second of the load generator, each on a new connection; 1 to 1000.");
        Add("source", settings.Source, "Where latencies come from: auto, ebpf or probe.");

        void Add(string name, string value, string description) =>
            builder.AddParameter(name, value)
                .WithDescription($"{description} Set it by `--Parameters:{name}=…` and start again.", enableMarkdown: true);
    }
}
