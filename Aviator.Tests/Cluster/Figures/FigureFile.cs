using System.Text.Json;
using System.Text.Json.Nodes;
using Aviator.Tests.Kit;

namespace Aviator.Tests.Cluster.Figures;

/// <summary>A file of artifacts/bench, in which each figure has its place: one may be run again without the others.</summary>
internal static class FigureFile
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>Keeps a figure of docs/kernel.md under its name.</summary>
    public static Task KeepAsync<T>(string name, T figure, CancellationToken cancellationToken) =>
        KeepAsync("kernel.json", name, figure, cancellationToken);

    /// <summary>Keeps a figure under its name.</summary>
    public static async Task KeepAsync<T>(string fileName, string name, T figure, CancellationToken cancellationToken)
    {
        var file = Repository.File($"artifacts/bench/{fileName}");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var all = File.Exists(file) ? JsonNode.Parse(await File.ReadAllTextAsync(file, cancellationToken))!.AsObject() : [];
        all[name] = JsonSerializer.SerializeToNode(figure, Json);
        await File.WriteAllTextAsync(file, all.ToJsonString(Json), cancellationToken);
    }
}
