using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Aviator.AppHost;

/// <summary>The project in Publishing/: this AppHost with Aspire.Hosting.Kubernetes, the one package that only publishing needs.</summary>
internal static class PublishingProject
{
    private const string Name = "Aviator.AppHost.Publishing";
    /// <summary>What is said where no feed has the package.</summary>
    public const string MissingPackage =
        "publishing needs the package Aspire.Hosting.Kubernetes, which none of the NuGet feeds in use serves: " +
        "add one that does (`dotnet nuget add source`; nuget.org does), or install from deploy/chart";

    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(5);

    /// <summary>Whether this is it.</summary>
    public static bool IsRunning => Assembly.GetExecutingAssembly().GetName().Name == Name;

    /// <summary>Whether the command line, which the Aspire CLI writes, asks for a publish.</summary>
    public static bool IsAskedFor(IConfiguration configuration) =>
        configuration["operation"] is { } operation && operation.Equals("publish", StringComparison.OrdinalIgnoreCase) || configuration["publisher"] is not null;

    /// <summary>Builds it and runs it in place of this program, with the environment by which the Aspire CLI follows what happens.</summary>
    /// <exception cref="InvalidOperationException">It cannot be built.</exception>
    public static async Task RunAsync(string[] args)
    {
        var configuration = Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        var folder = Checkout.File("Aviator.AppHost", "Publishing");
        try
        {
            await Tool.RunAsync(
                ["dotnet", "build", "-nologo", "-v", "quiet", "-clp:NoSummary", "-c", configuration, Path.Combine(folder, $"{Name}.csproj")],
                BuildLimit, CancellationToken.None);
        }
        catch (InvalidOperationException fault) when (IsMissingPackage(fault.Message))
        {
            throw new InvalidOperationException(MissingPackage, fault);
        }

        ProcessImage.Replace(["/usr/bin/env", "dotnet", Path.Combine(folder, "bin", configuration, "net10.0", $"{Name}.dll"), .. args]);
    }

    /// <summary>NU1101 to NU1103: no feed has the package, this version of it, or a stable version.</summary>
    private static bool IsMissingPackage(string output) =>
        output.Contains("NU110", StringComparison.Ordinal) && output.Contains("Aspire.Hosting.Kubernetes", StringComparison.Ordinal);
}
