namespace Aviator.AppHost;

/// <summary>The dashboard over plain HTTP, as the first launch profile has it.</summary>
internal static class PlainHttp
{
    private const string Dashboard = "aspire-dashboard";

    /// <summary>Keeps the warning about a missing development certificate for the profiles that use one.</summary>
    public static void NeedNoCertificateForHttp(this IDistributedApplicationBuilder builder)
    {
        if (builder.Configuration["ASPNETCORE_URLS"]?.Contains("https:", StringComparison.OrdinalIgnoreCase) is not false) return;
        builder.Eventing.Subscribe<BeforeStartEvent>((start, _) =>
        {
            foreach (var dashboard in start.Model.Resources.Where(r => r.Name == Dashboard))
                dashboard.Annotations.Add(new HttpsCertificateAnnotation { UseDeveloperCertificate = false });
            return Task.CompletedTask;
        });
    }
}
