using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Xunit;

namespace Aviator.Tests.AppHost;

/// <summary>The AppHost's resources as its Program describes them, without starting any.</summary>
internal sealed class AppHostModel : IAsyncDisposable
{
    private readonly IDistributedApplicationTestingBuilder _builder;

    private AppHostModel(IDistributedApplicationTestingBuilder builder) => _builder = builder;

    /// <summary>All resources.</summary>
    public IResourceCollection Resources => _builder.Resources;

    /// <summary>Runs the Program up to the start, with parameters as on its command line: <c>("rate", "20")</c>.</summary>
    public static async Task<AppHostModel> BuildAsync(params (string Name, string Value)[] parameters) =>
        new(await DistributedApplicationTestingBuilder.CreateAsync<Projects.Aviator_AppHost>(
            [.. parameters.Select(p => $"--Parameters:{p.Name}={p.Value}")], TestContext.Current.CancellationToken));

    /// <summary>The resource of that name.</summary>
    public IResource this[string name] => _builder.Resources.Single(r => r.Name == name);

    /// <summary>What a resource waits for, as <c>redis WaitUntilHealthy</c>.</summary>
    public IReadOnlyList<string> Waits(string name) =>
        [.. this[name].Annotations.OfType<WaitAnnotation>().Select(w => $"{w.Resource.Name} {w.WaitType}").Distinct()
            .Order(StringComparer.Ordinal)];

    /// <summary>
    /// The environment variables that the AppHost gives a program; references are shown as Aspire's manifest writes them.
    /// </summary>
    public Task<IReadOnlyDictionary<string, string>> EnvironmentAsync(string name) =>
        EnvironmentAsync(this[name], _builder.ExecutionContext);

    /// <summary>The same of any resource.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> EnvironmentAsync(IResource resource,
        DistributedApplicationExecutionContext execution)
    {
        var environment = new EnvironmentCallbackContext(execution, resource, cancellationToken: TestContext.Current.CancellationToken);
        foreach (var callback in resource.Annotations.OfType<EnvironmentCallbackAnnotation>()) await callback.Callback(environment);
        return environment.EnvironmentVariables.ToDictionary(v => v.Key, v =>
            v.Value is IManifestExpressionProvider reference ? reference.ValueExpression : $"{v.Value}");
    }

    /// <summary>A program's arguments.</summary>
    public async Task<IReadOnlyList<string>> ArgumentsAsync(string name)
    {
        var arguments = new List<object>();
        var context = new CommandLineArgsCallbackContext(arguments, this[name],
            TestContext.Current.CancellationToken) { ExecutionContext = _builder.ExecutionContext };
        foreach (var callback in this[name].Annotations.OfType<CommandLineArgsCallbackAnnotation>()) await callback.Callback(context);
        return [.. arguments.Select(a => a is IManifestExpressionProvider reference ? reference.ValueExpression : $"{a}")];
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _builder.DisposeAsync();
}
