namespace Aviator.AppHost;

/// <summary>
/// A project that was built with this one, which references it. By default each resource builds its project again when it starts;
/// controller and watchdog are one project, and two builds of it at the same time get into each other's way.
/// </summary>
/// <typeparam name="TProject">The project.</typeparam>
internal sealed class Built<TProject> : IProjectMetadata
    where TProject : IProjectMetadata, new()
{
    /// <inheritdoc/>
    public string ProjectPath { get; } = new TProject().ProjectPath;

    /// <inheritdoc/>
    public bool SuppressBuild => true;
}
