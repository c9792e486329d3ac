using System.Text.Json;

namespace Aviator.Controller.Readers;

/// <summary>An object of a kind that belongs to another program.</summary>
/// <param name="Namespace">Its namespace; "" for one that belongs to none.</param>
/// <param name="Name">Its name.</param>
/// <param name="Body">All of it.</param>
internal sealed record ForeignObject(string Namespace, string Name, JsonElement Body)
{
    /// <summary>Its spec; undefined without one.</summary>
    public JsonElement Spec => Body.Child("spec");

    /// <summary>As people write it: "monitoring/web".</summary>
    public string Path => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
