# SPDX-License-Identifier: Apache-2.0
# Completion of eidtool for bash. The candidates come from the program itself, tokens and labels as they are now.

# What a word means: without an opening quote, backslashes and a closing quote.
_eidtool_unquoted() {
  local word=$1
  case $word in
    \'*) word=${word:1} word=${word%\'} ;;
    \"*) word=${word:1} word=${word%\"} ;;
    *) word=${word//\\/} ;;
  esac
  printf '%s' "$word"
}

_eidtool() {
  # bash ends words at COMP_WORDBREAKS, so that 'pkcs11:token=A' comes as five: what stands together is put together again.
  local -a words=()
  local rest=${COMP_LINE:0:COMP_POINT} trimmed word
  local -i index
  for ((index = 0; index <= COMP_CWORD; ++index)); do
    trimmed=${rest#"${rest%%[![:space:]]*}"}
    word=${COMP_WORDS[index]}
    if ((index == COMP_CWORD)); then word=$trimmed; fi
    if ((index > 0)) && [[ $trimmed == "$rest" ]]; then
      words[${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
    rest=${trimmed#"$word"}
  done

  local -a asked=()
  for word in "${words[@]:1}"; do asked+=("$(_eidtool_unquoted "$word")"); done
  local raw=${words[${#words[@]} - 1]}
  local current
  current=$(_eidtool_unquoted "$raw")

  # The part that bash keeps: up to the last of its word breaks. A quoted word has none.
  local kept='' candidate
  if [[ $raw != [\'\"]* ]]; then
    local unbroken=${raw//\\?/__}
    for ((index = ${#unbroken}; index > 0; --index)); do
      if [[ ${unbroken:index-1:1} == [:=@] && $COMP_WORDBREAKS == *"${unbroken:index-1:1}"* ]]; then
        kept=$(_eidtool_unquoted "${raw:0:index}")
        break
      fi
    done
  fi

  COMPREPLY=()
  local program=${words[0]}
  if [[ $program == \~/* ]]; then program=$HOME/${program:2}; fi
  while IFS= read -r candidate; do
    case $candidate in
      :file) compopt -o default 2>/dev/null ;;
      :folder) compopt -o dirnames 2>/dev/null ;;
      "$current"*)
        candidate=${candidate:${#kept}}
        if [[ $raw != [\'\"]* ]]; then printf -v candidate '%q' "$candidate"; fi
        COMPREPLY+=("$candidate")
        ;;
    esac
  done < <("$program" complete -- "${asked[@]}" 2>/dev/null </dev/null)
}

complete -F _eidtool eidtool
