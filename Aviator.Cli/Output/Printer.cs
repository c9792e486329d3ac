using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Aviator.Cli.Output;

/// <summary>Writes one result in the form that was asked for.</summary>
internal sealed class Printer
{
    private static readonly JsonSerializerOptions Form = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        // It goes to a terminal or a file and never into a web page: "ü" and "'" may stay as they are.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly CliHost _host;

    /// <param name="host">Where it goes.</param>
    /// <param name="format">The form.</param>
    /// <param name="colors">Whether colours are wanted; they are off all the same when piped, and by NO_COLOR.</param>
    public Printer(CliHost host, OutputFormat format, bool colors)
    {
        (_host, Format) = (host, format);
        var colored = colors && host.IsTerminal && host.Variable("NO_COLOR") is null or "" && host.Variable("TERM") != "dumb";
        Console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colored ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = colored ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = host.IsTerminal ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(host.IsTerminal ? host.Out : new TrimmedWriter(host.Out)),
        });
        Console.Profile.Width = host.Width;
    }

    /// <summary>The form that was asked for.</summary>
    public OutputFormat Format { get; }

    /// <summary>The terminal, for live tables.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Whether people read it.</summary>
    public bool IsForPeople => Format is OutputFormat.Table or OutputFormat.Wide;

    /// <summary>Whether all columns are wanted.</summary>
    public bool IsWide => Format == OutputFormat.Wide;

    /// <summary>Writes a result: for programs as it is, for people as <paramref name="forPeople"/> shows it.</summary>
    /// <param name="result">The result; its properties are the fields.</param>
    /// <param name="forPeople">Writes to <see cref="Console"/> and by <see cref="Line"/>.</param>
    public void Write<T>(T result, Action forPeople)
    {
        switch (Format)
        {
            case OutputFormat.Json:
                _host.Out.WriteLine(JsonSerializer.Serialize(result, Form));
                break;
            case OutputFormat.Yaml:
                _host.Out.Write(YamlText.Of(JsonSerializer.SerializeToNode(result, Form) ?? new JsonObject()));
                break;
            default:
                forPeople();
                break;
        }
    }

    /// <summary>Writes a line for people, as it is, in a colour of Spectre.Console such as <c>red</c>.</summary>
    public void Line(string text = "", string color = "default") => Console.MarkupLine($"[{color}]{Markup.Escape(text)}[/]");

    /// <summary>Writes a remark that is not part of the result, such as progress.</summary>
    public void Note(string text) => _host.Error.WriteLine(text);
}
