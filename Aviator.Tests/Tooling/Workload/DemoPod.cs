using System.Net;

namespace Aviator.Tests.Tooling.Workload;

/// <summary>One pod behind the Service.</summary>
/// <param name="Name">Its name; the app sends it back in the header <c>X-Pod-Name</c>.</param>
/// <param name="Address">Its address.</param>
/// <param name="Delay">How long it takes to answer by its own setting.</param>
internal sealed record DemoPod(string Name, IPAddress Address, TimeSpan Delay);
