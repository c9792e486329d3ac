using Aviator.Tests.Kit;

namespace Aviator.Tests.Bpf.PooledClients;

/// <summary>An HTTP client that keeps its connections, as people use it, told to retry nothing.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Missing">Why it cannot be run here; null where it can.</param>
/// <param name="Command">Starts it, with the URL, the number of workers and the seconds behind; null for the test's own.</param>
internal sealed record PooledClient(string Name, string? Missing, string[]? Command)
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(3);
    private static readonly string Sources = Repository.File("Aviator.Tests/Bpf/PooledClients");

    /// <summary>All of them, by name; a theory's data.</summary>
    internal static readonly string[] Names = [".NET HttpClient", "Node.js http.Agent", "Go net/http", "Java HttpClient", "Python urllib3"];

    /// <summary>Finds one, and compiles it where that is needed.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="directory">Takes what is compiled.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal static async Task<PooledClient> FindAsync(string name, string directory, CancellationToken cancellationToken) => name switch
    {
        "Node.js http.Agent" => Interpreted(name, "node", $"{Sources}/client.mjs"),
        "Java HttpClient" => Interpreted(name, "java", $"{Sources}/Client.java", requires: "javac"),
        "Python urllib3" => await HasUrllib3Async(cancellationToken)
            ? Interpreted(name, "python3", $"{Sources}/client.py")
            : new(name, "python3 has no urllib3 (python3-urllib3).", null),
        "Go net/http" when !IsThere("go") => new(name, "Go (golang-go) is not installed.", null),
        "Go net/http" => new(name, null, [await BuildGoAsync(directory, cancellationToken)]),
        _ => new(name, null, null),
    };

    private static PooledClient Interpreted(string name, string program, string source, string? requires = null) =>
        IsThere(requires ?? program) ? new(name, null, [program, source]) : new(name, $"{requires ?? program} is not installed.", null);

    private static bool IsThere(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private static async Task<bool> HasUrllib3Async(CancellationToken cancellationToken) =>
        IsThere("python3") && (await Tooling.Processes.Command.RunAsync(
            ["python3", "-c", "import urllib3"], limit: BuildLimit, cancellationToken: cancellationToken)).ExitCode == 0;

    private static async Task<string> BuildGoAsync(string directory, CancellationToken cancellationToken)
    {
        var path = Path.Combine(directory, "client");
        var built = await Tooling.Processes.Command.RunAsync(
            ["env", "GO111MODULE=off", $"GOCACHE={directory}/cache", "GOFLAGS=", "go", "build", "-o", path, $"{Sources}/client.go"],
            limit: BuildLimit, cancellationToken: cancellationToken);
        built.EnsureSuccess();
        return path;
    }
}
