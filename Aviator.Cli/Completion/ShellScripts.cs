namespace Aviator.Cli.Completion;

/// <summary>The shells' scripts. Each asks <c>kubectl-aviator __complete</c> and leaves its last line out, which is kubectl's.</summary>
internal static class ShellScripts
{
    private const string Bash = """
        # source <(kubectl-aviator completion bash)
        _kubectl_aviator() {
            local line
            COMPREPLY=()
            while IFS= read -r line; do
                [[ $line == :* ]] || COMPREPLY+=("${line%%$'\t'*}")
            done < <(kubectl-aviator __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
        }
        complete -F _kubectl_aviator kubectl-aviator aviator

        """;

    private const string Zsh = """
        #compdef kubectl-aviator aviator
        # source <(kubectl-aviator completion zsh)
        _kubectl_aviator() {
            local line
            local -a found
            while IFS= read -r line; do
                [[ $line == :* ]] || found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
            done < <(kubectl-aviator __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
            _describe 'kubectl aviator' found
        }
        compdef _kubectl_aviator kubectl-aviator aviator

        """;

    private const string Fish = """
        # kubectl-aviator completion fish | source
        function __kubectl_aviator
            set -l words (commandline -opc)
            kubectl-aviator __complete $words[2..-1] (commandline -ct) 2>/dev/null | string match -v -r '^:'
        end
        complete -c kubectl-aviator -f -a '(__kubectl_aviator)'
        complete -c aviator -f -a '(__kubectl_aviator)'

        """;

    private const string PowerShell = """
        # kubectl-aviator completion powershell | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName kubectl-aviator, aviator -ScriptBlock {
            param($word, $line, $position)
            $before = $line.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $position }
            $words = @($before | ForEach-Object { "$_" })
            kubectl-aviator __complete @words "$word" 2>$null | Where-Object { $_ -notmatch '^:' } | ForEach-Object {
                $name, $about = $_ -split "`t", 2
                $tip = if ($about) { $about } else { $name }
                [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $tip)
            }
        }

        """;

    /// <summary>The scripts by the names of their shells.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["bash"] = Bash,
        ["zsh"] = Zsh,
        ["fish"] = Fish,
        ["powershell"] = PowerShell,
    };
}
