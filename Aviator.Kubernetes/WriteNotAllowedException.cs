namespace Aviator.Kubernetes;

/// <summary>A request that would change something was not sent, because this process may not write now: another leads.</summary>
/// <param name="message">Which request.</param>
public sealed class WriteNotAllowedException(string message) : Exception(message);
