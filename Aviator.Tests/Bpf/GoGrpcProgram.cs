using Aviator.Tests.Kit;
using Aviator.Tests.Tooling.Processes;

namespace Aviator.Tests.Bpf;

/// <summary>Go's gRPC from Debian's packages, as a program (GoGrpc/main.go) that is built once, without a network.</summary>
public sealed class GoGrpcProgram : IDisposable
{
    private const string Libraries = "/usr/share/gocode";
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(3);
    private readonly string _directory = Directory.CreateTempSubdirectory("aviator-gogrpc-").FullName;
    private string? _path;

    /// <summary>Why there is no program on this machine; null where it can be built.</summary>
    public static string? Missing { get; } =
        !Directory.Exists($"{Libraries}/src/google.golang.org/grpc/health") ? $"Go's gRPC (golang-google-grpc-dev) is not in {Libraries}."
        : !File.Exists("/usr/bin/go") ? "Go (golang-go) is not installed."
        : null;

    /// <summary>The program's path; built when it is first asked for.</summary>
    /// <exception cref="InvalidOperationException">It cannot be built; the message quotes the compiler.</exception>
    internal async Task<string> PathAsync(CancellationToken cancellationToken)
    {
        if (_path is not null) return _path;
        var path = Path.Combine(_directory, "gogrpc");
        string[] environment = ["GO111MODULE=off", $"GOPATH={Libraries}", $"GOCACHE={_directory}/cache", "GOFLAGS="];
        string[] build = ["/usr/bin/go", "build", "-o", path, Repository.File("Aviator.Tests/Bpf/GoGrpc/main.go")];
        var built = await Command.RunAsync(["env", .. environment, .. build], limit: BuildLimit, cancellationToken: cancellationToken);
        built.EnsureSuccess();
        return _path = path;
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
