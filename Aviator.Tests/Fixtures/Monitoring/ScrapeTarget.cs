using System.Globalization;

namespace Aviator.Tests.Fixtures.Monitoring;

/// <summary>One program to scrape, with the labels that the chart's ServiceMonitor leads to.</summary>
/// <param name="Component">controller, agent or watchdog: the name of its container, and the end of its Service's name.</param>
/// <param name="Address">Where its <c>/metrics</c> is.</param>
internal sealed record ScrapeTarget(string Component, Uri Address)
{
    /// <summary>
    /// The job of a scrape configuration. The operator names the job after the Service, and gives each target the Service's namespace and
    /// its pod; the series of a policy keep a namespace of their own, by honor_labels.
    /// </summary>
    public string ToYaml(int scrapeMilliseconds) => string.Create(CultureInfo.InvariantCulture, $$"""
          - job_name: aviator-{{Component}}
            honor_labels: true
            metrics_path: /metrics
            scrape_interval: {{scrapeMilliseconds}}ms
            scrape_timeout: {{scrapeMilliseconds}}ms
            static_configs:
              - targets: ["{{Address.Authority}}"]
                labels:
                  namespace: aviator-system
                  service: aviator-{{Component}}
                  pod: aviator-{{Component}}-0
                  container: {{Component}}
                  endpoint: http

        """);
}
